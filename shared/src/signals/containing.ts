import type { AccountStatus } from '../accounts/status.ts'
import { type Finding, type SignalRule, signalRules } from './finding.ts'

/** A rule gone wrong, or somebody who sets it off on purpose, must not put a whole network out: beyond this, people decide. */
export const selfSuspensionsAnHour = 20

/** The cause under a suspension nobody clicked. */
export const byPolicy = 'policy'

export type ContainingCase = Pick<Finding, 'rule' | 'severity'> & {
  readonly criticalSuspends: boolean
  readonly status: AccountStatus
  /** Policy owners and IT admins, who have to answer when something is wrong. */
  readonly guards: boolean
  /** The account it is about is itself a decoy. */
  readonly decoy: boolean
}

/**
 * What each rule is worth without anybody looking. Who puts many out, or asks a decoy back, may be answering an incident; wrong passwords
 * are anybody's to type: those are for people to see, and no machine stops them.
 */
const contains: Readonly<Record<SignalRule, boolean | ((subject: ContainingCase) => boolean)>> = {
  'burst-of-requests': false,
  'burst-in-structure': false,
  'burst-of-endings': false,
  'off-hours': false,
  'new-network-asks': true,
  'new-account-asks': false,
  'reset-then-asks': false,
  'creators-device': true,
  'dormant-awake': false,
  'impossible-pace': false,
  'failures-then-success': false,
  'refused-own': false,
  'refused-scope': false,
  'look-alike': false,
  'role-in-and-out': false,
  'canary-used': ({ decoy }) => decoy,
  'structure-at-once': false,
}

/** Those that may suspend anybody at all. */
export const containingRules: readonly SignalRule[] = signalRules.filter((rule) => contains[rule] !== false)

/** Does this finding suspend the account it is about by itself? Only where the policy says so, and never those who guard the network. */
export const suspendsByItself = (subject: ContainingCase): boolean => {
  const { criticalSuspends, rule, severity, status, guards } = subject
  const rules = contains[rule]
  return (
    criticalSuspends && severity === 'critical' && status === 'active' && !guards && (rules === true || (rules !== false && rules(subject)))
  )
}
