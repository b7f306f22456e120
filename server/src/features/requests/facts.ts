import type { DomainEvent, RequestFact } from '@countersign/shared/events.ts'
import type { RequestKind } from '@countersign/shared/requests/kinds.ts'
import type { VoidReason } from '@countersign/shared/requests/status.ts'

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
