import type { Role } from '../access/roles.ts'
import { finalHours } from '../bulks/bulk.ts'
import type { RequestKind } from '../requests/kinds.ts'
import { foundingPolicyOwners, leastIndependenceDays, type Requirement, requirementFor } from '../requests/requirement.ts'
import type { Policy } from './policy.ts'
import { type Condition, type Demand, nowhere, type PolicyRule } from './rules.ts'

type Usual = Pick<Demand, 'deadline' | 'escalation' | 'callBack'>

/** Two working days of 9.5 hours; four hours for a reset (DOMAIN section 4): whoever may sign is reminded at half of it. */
const twoDays: Usual = { deadline: { workingHours: 19 }, escalation: { remindAfter: 10, widenAfter: 14 }, callBack: false }
const halfADay: Usual = { deadline: { workingHours: 4 }, escalation: { remindAfter: 2, widenAfter: 3 }, callBack: true }
/** Where an incident is being answered, the clock runs at night as well. */
const incident: Usual = { deadline: { hours: finalHours }, escalation: { remindAfter: 4, widenAfter: 8 }, callBack: false }

const rule = (when: Condition, people: number, roles: readonly Role[], usual: Usual): PolicyRule => ({
  when,
  demand: { stages: [{ people, roles: [...roles], level: 'covering' }], assurance: 'session', coolingOffHours: 0, ...usual },
})

/** Reach over the whole nation, whichever way it comes about. */
const national = (...kinds: RequestKind[]): Condition => ({ kinds, profiles: ['national-support'] })

/** What a new network begins with: each kind is signed by those whose work it is, national reach by two, and what nobody thought of by two policy owners. */
export const firstPolicy: Policy = {
  criticalSuspends: false,
  massAccounts: 100,
  massPercent: 10,
  independenceDays: leastIndependenceDays,
  rules: [
    rule(national('create-account'), 2, ['supervisor'], twoDays),
    rule(national('reset-credentials', 'change-contact'), 2, ['reset-manager'], halfADay),
    rule(national('reinstate'), 2, ['supervisor'], twoDays),
    rule(national('reinstate-bulk'), 2, ['supervisor', 'policy-owner'], incident),
    rule({ kinds: ['create-account', 'reinstate'] }, 1, ['supervisor'], twoDays),
    rule({ kinds: ['reset-credentials', 'change-contact'] }, 1, ['reset-manager'], halfADay),
    rule({ kinds: ['reinstate-bulk'] }, 1, ['supervisor', 'policy-owner'], incident),
    rule({ kinds: ['revoke-bulk'] }, 1, ['it-admin', 'supervisor', 'policy-owner'], incident),
    rule({}, 2, ['policy-owner'], twoDays),
  ],
}

/** What the first policy asks of somebody's ordinary request, wherever it is. */
export const firstRequirement = (kind: RequestKind, settledOwners: number = foundingPolicyOwners): Requirement =>
  requirementFor(
    firstPolicy.rules,
    { kind, network: null, place: nowhere, profiles: [], role: null, reach: null, signals: [] },
    settledOwners,
  )
