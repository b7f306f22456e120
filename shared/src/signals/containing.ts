import { type Guarding, guardingObjection } from '../accounts/ending.ts'
import type { AccountStatus } from '../accounts/status.ts'
import type { Finding, SignalRule } from './finding.ts'

/** A rule gone wrong, or somebody who sets it off on purpose, must not put a whole network out: beyond this, people decide. */
export const selfSuspensionsAnHour = 20

/** The cause under a suspension nobody clicked. */
export const byPolicy = 'policy'

/** Whoever puts many out may be answering an incident: that is for people to see, and no machine stops it. */
const forPeople: ReadonlySet<SignalRule> = new Set(['burst-of-endings'])

export type ContainingCase = Pick<Finding, 'rule' | 'severity'> & {
  readonly criticalSuspends: boolean
  /** False where somebody who answers for the place has put the finding off. */
  readonly stands: boolean
  readonly status: AccountStatus
  readonly guarding: Guarding
}

/** Does this finding suspend the account it is about by itself? Only where the policy says so, and never the last who guard the network. */
export const suspendsByItself = ({ criticalSuspends, rule, severity, stands, status, guarding }: ContainingCase): boolean =>
  criticalSuspends &&
  severity === 'critical' &&
  !forPeople.has(rule) &&
  stands &&
  status === 'active' &&
  guardingObjection('suspend', guarding) === null
