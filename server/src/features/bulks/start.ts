import type { Proof } from '@countersign/shared/access/proof.ts'
import type { Actor } from '@countersign/shared/access/scope.ts'
import { type BulkStatus, mostRunning } from '@countersign/shared/bulks/bulk.ts'
import { decideStart } from '@countersign/shared/bulks/deciding.ts'
import { isLoud } from '@countersign/shared/bulks/threshold.ts'
import type { DomainEvent } from '@countersign/shared/events.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import type { Tx } from '../../kernel/db.ts'
import { orRefuse, Refused } from '../../kernel/refused.ts'
import { policies } from '../policy/policy.store.ts'
import { type Proving, proveForAct, type Unproven } from '../sessions/prove-again.ts'
import { askFor } from './ask.ts'
import { bulks, type StoredBulk } from './bulks.store.ts'
import { watchers } from './watchers.store.ts'

export type StartInput = {
  readonly bulkId: string
  readonly seen: string
  readonly justification: string
  readonly proof?: Proof | undefined
}

/** Sets a drawn list running, and tells of it. */
export const started = async (
  tx: Tx,
  actor: Actor,
  bulk: StoredBulk,
  { justification, now }: { readonly justification: string; readonly now: Date },
): Promise<DomainEvent> => {
  await bulks.start(tx, bulk, { justification, now })
  const { verb, step, mass, planned, listHash } = bulk
  const ending = verb === 'suspend' || verb === 'revoke'
  const policy = await policies.read(tx)
  const endedLately = ending ? await watchers.endedLately(tx, actor.id, policy.massAccounts, now) : 0
  const loud = ending && isLoud({ mass, planned, endedLately }, policy)
  const hearing = loud ? await watchers.of(tx, bulk, actor.id) : []
  return {
    type: 'bulk.started',
    subject: bulk.id,
    organisation: bulk.organisationId,
    data: { verb, step, accounts: planned, listHash, mass, justification, told: hearing },
  }
}

/**
 * Confirms a dry run. What takes access away begins at once; what gives it becomes one request and begins when that is
 * countersigned. Above the threshold whoever orders it proves that it is they; of a mass action everybody is told who could hold it up.
 */
export const start =
  (proving: Proving): Operation<StartInput, BulkStatus | Pick<Unproven, 'refusal'>> =>
  async (work, { bulkId, seen, justification, proof }) => {
    const { tx, actor, now } = work
    const bulk = await bulks.lock(tx, bulkId)
    orRefuse(decideStart({ actor, bulk, seen, now }), bulkId)
    if ((await bulks.running(tx, actor.id)) >= mostRunning) throw new Refused('too-many', bulkId)
    const proven = bulk.mass ? await proveForAct(work, proving, proof, { act: 'start-bulk', on: bulk.listHash }) : null
    if (proven && 'refusal' in proven) return { value: { refusal: proven.refusal }, events: [proven.event] }
    const given = proven ? [proven.given] : []
    if (bulk.verb === 'reinstate') {
      const events = await askFor(tx, actor, bulk, { kind: 'reinstate-bulk', justification, device: actor.device, now })
      return { value: 'waiting', events: told([...given, ...events]) }
    }

    return { value: 'running', events: told([...given, await started(tx, actor, bulk, { justification, now })]) }
  }
