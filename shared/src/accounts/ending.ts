import { type Actor, covers, type Place, scopeOf } from '../access/scope.ts'
import { firstObjection, granted, type Rule, refused, type Verdict } from '../verdict.ts'
import { type AccountStatus, statusAfter, undoSeconds } from './status.ts'

export type EndingVerb = 'suspend' | 'revoke'

export type EndingCase = {
  readonly actor: Actor
  readonly verb: EndingVerb
  readonly account: {
    readonly id: string
    readonly status: AccountStatus
    readonly place: Place
    /** True where nobody else active would hold the policy-owner role. */
    readonly lastPolicyOwner: boolean
  }
}

/** Own account included: a person who fears a hijack may put themselves out. */
const endingRules: readonly Rule<EndingCase>[] = [
  ({ actor, verb, account }) =>
    !covers(scopeOf(actor, verb === 'suspend' ? 'account:suspend' : 'account:revoke'), account.place) && 'out-of-scope',
  ({ verb, account }) => statusAfter(account.status, verb) === undefined && 'already-in-state',
  ({ account }) => account.lastPolicyOwner && 'last-policy-owner',
]

/** Taking access away needs one person: scope and state are the only questions. */
export const decideEnding = (subject: EndingCase): Verdict<AccountStatus> => {
  const objection = firstObjection(endingRules, subject)
  if (objection) return refused(objection)
  const next = statusAfter(subject.account.status, subject.verb)
  return next ? granted(next) : refused('already-in-state')
}

export type UndoCase = {
  readonly actor: Actor
  readonly account: {
    readonly status: AccountStatus
    readonly previousStatus: AccountStatus | null
    readonly statusChangedAt: Date
    readonly statusChangedBy: string | null
  }
  readonly now: Date
}

const undoRules: readonly Rule<UndoCase>[] = [
  ({ actor, account }) => account.statusChangedBy !== actor.id && 'not-found',
  ({ account }) => account.status === 'active' && 'already-in-state',
  ({ account, now }) => now.getTime() - account.statusChangedAt.getTime() > undoSeconds * 1000 && 'undo-too-late',
]

/** The one exception of P1: that very act, by that very person, within 30 seconds. */
export const decideUndo = (subject: UndoCase): Verdict<AccountStatus> => {
  const objection = firstObjection(undoRules, subject)
  if (objection) return refused(objection)
  return subject.account.previousStatus ? granted(subject.account.previousStatus) : refused('not-found')
}
