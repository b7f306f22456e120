import type { Actor } from '@countersign/shared/access/scope.ts'
import type { DomainEvent } from '@countersign/shared/events.ts'
import type { ContentOf } from '@countersign/shared/requests/content.ts'
import type { Tx } from '../../kernel/db.ts'
import { organisations } from '../organisations/organisations.store.ts'
import { requestSubmitted } from '../requests/facts.ts'
import { requests } from '../requests/requests.store.ts'
import { requirementNow } from '../requests/require.ts'
import { timesOf } from '../requests/working-hours.ts'
import { bulks, type StoredBulk } from './bulks.store.ts'
import { bulkLines } from './lines.store.ts'
import { watchers } from './watchers.store.ts'

type Asking = {
  readonly kind: 'reinstate-bulk' | 'revoke-bulk'
  readonly justification: string
  readonly device: string | null
  readonly now: Date
}

/** Asks for a countersignature under the list of a bulk: one request for all its accounts, with the list hashed. */
export const askFor = async (
  tx: Tx,
  actor: Actor,
  bulk: StoredBulk,
  { kind, justification, device, now }: Asking,
): Promise<readonly DomainEvent[]> => {
  const { hash, accounts } = await bulkLines.listed(tx, bulk.id, kind === 'revoke-bulk')
  const requirement = await requirementNow(tx, {
    kind,
    network: (await organisations.find(tx, bulk.organisationId))?.network ?? null,
    place: bulk.place,
    profiles: kind === 'reinstate-bulk' ? await bulkLines.profiles(tx, bulk.id) : [],
    role: null,
    requesterId: actor.id,
    subjectId: null,
  })
  const content: ContentOf<typeof kind> = { kind, bulkId: bulk.id, accounts, listHash: hash, justification }
  const filed = await requests.file(tx, {
    content,
    requesterId: actor.id,
    subjectId: null,
    organisationId: bulk.organisationId,
    place: bulk.place,
    channel: 'operator',
    device,
    ...requirement,
    now,
    ...timesOf(now, requirement.demand),
  })
  await bulks.ask(tx, bulk, { requestId: filed.id, justification, now })
  const about = { organisation: bulk.organisationId }
  return [
    {
      type: 'bulk.asked',
      subject: bulk.id,
      ...about,
      data: { requestId: filed.id, accounts, listHash: hash, told: await watchers.signers(tx, bulk, requirement.approverRoles, actor.id) },
    },
    requestSubmitted({ filed, content, subjectId: null, organisationId: bulk.organisationId, requirement, channel: 'operator' }),
  ]
}
