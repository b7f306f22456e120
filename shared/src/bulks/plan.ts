import { type Actor, covers, type Place, scopeOf } from '../access/scope.ts'
import { type AccountStatus, statusAfter } from '../accounts/status.ts'
import type { RefusalCode } from '../refusals.ts'
import { firstObjection, type Rule } from '../verdict.ts'
import { type BulkVerb, bulkNeeds, type LinePlan } from './bulk.ts'

/** One account of a bulk as the rules see it. */
export type LineCase = {
  readonly actor: Actor
  readonly verb: BulkVerb
  readonly account: { readonly id: string; readonly status: AccountStatus; readonly endsOn: string; readonly place: Place }
  /** Holds a role without which the network could not defend or renew itself. */
  readonly guards: boolean
  /** Holds any role at all. */
  readonly holdsRole: boolean
  readonly resetPending: boolean
  /** Another state than the one it was chosen or previewed in. */
  readonly changedSince: boolean
  readonly today: string
}

export type PlannedLine = { readonly plan: LinePlan; readonly refusal: RefusalCode | null }

const ends = ({ verb }: LineCase): boolean => verb === 'suspend' || verb === 'revoke'

const already: Record<BulkVerb, (subject: LineCase) => boolean> = {
  suspend: ({ account }) => statusAfter(account.status, 'suspend') === undefined,
  revoke: ({ account }) => statusAfter(account.status, 'revoke') === undefined,
  reset: ({ resetPending }) => resetPending,
  reinstate: ({ account }) => account.status === 'active',
}

/** Who guards the network, and oneself, is put out by a click of one's own, never among a thousand. */
const rules: readonly Rule<LineCase>[] = [
  ({ actor, verb, account }) => !covers(scopeOf(actor, bulkNeeds[verb]), account.place) && 'not-permitted',
  ({ changedSince }) => changedSince && 'changed-since',
  (subject) => ends(subject) && subject.account.id === subject.actor.id && 'own-account',
  (subject) => ends(subject) && subject.guards && !already[subject.verb](subject) && 'guardian-one-by-one',
  // A reset makes whoever is reset dependent on whoever asked: a hundred of them must not tie all who sign to one hand.
  ({ verb, holdsRole }) => verb === 'reset' && holdsRole && 'role-one-by-one',
  ({ verb, account }) => verb === 'reset' && account.status !== 'active' && 'account-not-active',
  ({ verb, account }) => verb === 'reinstate' && account.status === 'revoked' && 'account-revoked',
  ({ verb, account, today }) => verb === 'reinstate' && account.status === 'suspended' && account.endsOn < today && 'end-date-past',
]

/** What the bulk would do to this account: asked at the dry run, and again before anything is done. */
export const planOf = (subject: LineCase): PlannedLine => {
  const refusal = firstObjection(rules, subject)
  if (refusal) return { plan: 'refused', refusal }
  return { plan: already[subject.verb](subject) ? 'already' : 'change', refusal: null }
}
