import type { DomainEvent } from '@countersign/shared/events.ts'
import { leavesNobodyToSign, policyDocument, samePolicy } from '@countersign/shared/policy/policy.ts'
import type { ContentOf } from '@countersign/shared/requests/content.ts'
import type { Tx } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import type { StoredRequest } from '../requests/requests.store.ts'
import { policies } from './policy.store.ts'

/** Puts the countersigned policy in force, if what it was to replace is still what there is. */
export const setPolicy = async (
  tx: Tx,
  request: StoredRequest,
  { before, after }: ContentOf<'set-policy'>,
  now: Date,
): Promise<DomainEvent> => {
  const standing = await policies.lock(tx)
  const document = policyDocument.safeParse(after)
  if (!samePolicy(standing.document, before) || !document.success) throw new Refused('changed-since', request.id)
  if (leavesNobodyToSign(document.data.rules, await policies.owners(tx))) throw new Refused('owners-too-few', request.id)
  await policies.set(tx, document.data, request.id, now)
  return {
    type: 'policy.set',
    subject: standing.id,
    organisation: request.organisationId,
    data: { requestId: request.id, before: standing.document, after: document.data },
  }
}
