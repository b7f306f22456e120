import { type Actor, covers, type Place, scopeOf } from '../access/scope.ts'
import { firstObjection, granted, type Rule, refused, type Verdict } from '../verdict.ts'
import { type AccountStatus, statusAfter, undoSeconds } from './status.ts'

export type EndingVerb = 'suspend' | 'revoke'

/** The policy owners there would be without the accounts concerned: those who can act today, those not revoked, and how many sign for a role. */
export type OwnersLeft = { readonly active: number; readonly standing: number; readonly signing: number }

/**
 * May policy owners be taken away so that these are left? As many as sign for a role always stay at work: one to ask and one to sign for
 * giving back what a hijacked IT admin has suspended. A suspended owner can come back, so only a revocation must leave one more:
 * otherwise no role could ever be given again.
 */
export const leavesTooFewOwners = (verb: EndingVerb, { active, standing, signing }: OwnersLeft): boolean =>
  active < signing || (verb === 'revoke' && standing < signing + 1)

/** Who would be left to guard the network when an account, or its guarding role, is taken away. */
export type Guarding = {
  /** The policy owners that would be left; null where the account owns no policy. */
  readonly ownersLeft: OwnersLeft | null
  /** True where no IT admin would be left who is not revoked: nobody could put a policy owner out any more. */
  readonly lastItAdmin: boolean
}

const guardingRules: readonly Rule<Guarding & { readonly verb: EndingVerb }>[] = [
  ({ verb, ownersLeft }) => ownersLeft !== null && leavesTooFewOwners(verb, ownersLeft) && 'last-policy-owner',
  ({ verb, lastItAdmin }) => verb === 'revoke' && lastItAdmin && 'last-it-admin',
]

export type EndedBefore = {
  readonly status: AccountStatus
  readonly previousStatus: AccountStatus | null
  readonly statusChangedAt: Date
  readonly statusChangedBy: string | null
}

export type EndingCase = Guarding & {
  readonly actor: Actor
  readonly verb: EndingVerb
  readonly account: EndedBefore & { readonly id: string; readonly place: Place }
  readonly now: Date
}

const undoable = ({ previousStatus, statusChangedAt }: EndedBefore, now: Date): boolean =>
  previousStatus !== null && now.getTime() - statusChangedAt.getTime() <= undoSeconds * 1000

/** Out already, by the hand of somebody else who could still take it back: wanting it out too ends their way back. */
const confirms = ({ actor, account, now }: EndingCase): boolean =>
  account.status !== 'active' && account.statusChangedBy !== null && account.statusChangedBy !== actor.id && undoable(account, now)

/** Own account included: a person who fears a hijack may put themselves out. */
const endingRules: readonly Rule<EndingCase>[] = [
  ({ actor, verb, account }) =>
    !covers(scopeOf(actor, verb === 'suspend' ? 'account:suspend' : 'account:revoke'), account.place) && 'out-of-scope',
  (subject) => statusAfter(subject.account.status, subject.verb) === undefined && !confirms(subject) && 'already-in-state',
  ...guardingRules,
]

export type RoleRevocationCase = Guarding & { readonly actor: Actor; readonly place: Place; readonly held: boolean }

const roleRules: readonly Rule<RoleRevocationCase>[] = [
  ({ actor, place }) => !covers(scopeOf(actor, 'role:revoke'), place) && 'out-of-scope',
  ({ held }) => !held && 'already-in-state',
  (subject) => firstObjection(guardingRules, { ...subject, verb: 'revoke' }) ?? false,
]

/** Taking a role away needs one person, as every taking away, and leaves those without whom none could be given again. */
export const decideRoleRevocation = (subject: RoleRevocationCase): Verdict<true> => {
  const objection = firstObjection(roleRules, subject)
  return objection ? refused(objection) : granted(true)
}

/** Taking access away needs one person: scope and state are the only questions. The present status as an answer means: confirmed. */
export const decideEnding = (subject: EndingCase): Verdict<AccountStatus> => {
  const objection = firstObjection(endingRules, subject)
  if (objection) return refused(objection)
  return granted(statusAfter(subject.account.status, subject.verb) ?? subject.account.status)
}

export type ConsoleCase = Guarding & { readonly status: AccountStatus }

const consoleRules: readonly Rule<ConsoleCase>[] = [
  ({ status }) => statusAfter(status, 'suspend') === undefined && 'already-in-state',
  (subject) => firstObjection(guardingRules, { ...subject, verb: 'suspend' }) ?? false,
]

/** From the server's console, when nobody may sign in any more: only this, and never those without whom nobody could be let in again. */
export const decideFromConsole = (subject: ConsoleCase): Verdict<'suspended'> => {
  const objection = firstObjection(consoleRules, subject)
  return objection ? refused(objection) : granted('suspended')
}

export type UndoCase = { readonly actor: Actor; readonly account: EndedBefore; readonly now: Date }

const undoRules: readonly Rule<UndoCase>[] = [
  ({ actor, account }) => account.statusChangedBy !== actor.id && 'not-found',
  ({ account }) => account.status === 'active' && 'already-in-state',
  ({ account, now }) => !undoable(account, now) && 'undo-too-late',
]

/** The one exception of P1: that very act, by that very person, within 30 seconds, while nobody else wanted the same. */
export const decideUndo = (subject: UndoCase): Verdict<AccountStatus> => {
  const objection = firstObjection(undoRules, subject)
  if (objection) return refused(objection)
  return subject.account.previousStatus ? granted(subject.account.previousStatus) : refused('undo-too-late')
}
