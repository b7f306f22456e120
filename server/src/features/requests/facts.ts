import type { DomainEvent, RequestFact } from '@countersign/shared/events.ts'
import type { RequestContent } from '@countersign/shared/requests/content.ts'
import type { RequestKind } from '@countersign/shared/requests/kinds.ts'
import type { Requirement } from '@countersign/shared/requests/requirement.ts'
import type { VoidReason } from '@countersign/shared/requests/status.ts'
import { termsOf } from '@countersign/shared/requests/terms.ts'

/** As much of a request as every entry about it needs. */
export type AboutRequest = {
  readonly id: string
  readonly reference: number
  readonly kind: RequestKind
  readonly organisationId: string
  readonly subjectId: string | null
}

/** What every entry about a request says of it. */
export const factOf = ({ reference, kind, subjectId }: AboutRequest): RequestFact => ({ reference, kind, accountId: subjectId })

type Filed = {
  readonly filed: { readonly id: string; readonly reference: number; readonly hash: string }
  readonly content: RequestContent
  readonly subjectId: string | null
  readonly organisationId: string
  readonly requirement: Requirement
  readonly channel: 'operator' | 'public'
  readonly thirdReader?: boolean
}

/** That something was asked: what, by its hash and without anybody's data, and who may say yes to it. */
export const requestSubmitted = ({ filed, content, subjectId, organisationId, requirement, channel, thirdReader }: Filed): DomainEvent => ({
  type: 'request.submitted',
  subject: filed.id,
  organisation: organisationId,
  data: {
    reference: filed.reference,
    kind: content.kind,
    accountId: subjectId,
    contentHash: filed.hash,
    approvalsNeeded: requirement.approvalsNeeded,
    approverRoles: requirement.approverRoles,
    demand: requirement.demand,
    terms: termsOf(content),
    channel,
    ...(thirdReader ? { thirdReader: true as const } : {}),
  },
})

export const requestVoided = (request: AboutRequest, reason: VoidReason): DomainEvent => ({
  type: 'request.voided',
  subject: request.id,
  organisation: request.organisationId,
  data: { ...factOf(request), reason },
})

export const approvalVoided = (request: AboutRequest, approverId: string, reason: VoidReason): DomainEvent => ({
  type: 'request.approval-voided',
  subject: request.id,
  organisation: request.organisationId,
  data: { ...factOf(request), approverId, reason },
})
