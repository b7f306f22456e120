import type { Role } from '@countersign/shared/access/roles.ts'
import type { Place } from '@countersign/shared/access/scope.ts'
import { type NetworkKind, type ProfileId, reachedOrganisation } from '@countersign/shared/accounts/profiles.ts'
import type { RequestKind } from '@countersign/shared/requests/kinds.ts'
import { type Requirement, requirementFor, ruleFor } from '@countersign/shared/requests/requirement.ts'
import type { SignalRule } from '@countersign/shared/signals/finding.ts'
import type { Tx } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { organisations } from '../organisations/organisations.store.ts'
import { policies } from '../policy/policy.store.ts'
import { findings } from '../signals/findings.store.ts'
import { requests } from './requests.store.ts'

/** A request about to be held, as far as the policy asks. */
export type AboutToBeHeld = {
  readonly kind: RequestKind
  readonly network: NetworkKind | null
  readonly place: Place
  readonly profiles: readonly ProfileId[]
  readonly role: Role | null
  readonly requesterId: string | null
  readonly subjectId: string | null
}

/** The most files any of the profiles reaches; null where it is about nobody's. */
const widestReach = async (tx: Tx, { profiles, place }: Pick<AboutToBeHeld, 'profiles' | 'place'>): Promise<number | null> => {
  const reaches = []
  for (const profile of profiles) reaches.push(await organisations.caseloadOf(tx, reachedOrganisation(profile, place)))
  return reaches.length > 0 ? Math.max(...reaches) : null
}

/** What is asked of a request, and what was open about it when it was. */
export type RequirementNow = Requirement & { readonly signals: readonly SignalRule[] }

/** What the policy in force asks of it, with the policy held: nothing is filed under one that is being replaced. */
export const requirementNow = async (tx: Tx, { requesterId, subjectId, ...about }: AboutToBeHeld): Promise<RequirementNow> => {
  const { rules } = await policies.hold(tx)
  const reach = rules.some(({ when }) => when.reachAtLeast !== undefined) ? await widestReach(tx, about) : null
  // Kept with the request whether or not this policy asks: the next one's draft is tried on what was known then.
  const signals = await findings.openAbout(
    tx,
    [requesterId, subjectId, about.place.structureId].filter((id) => id !== null),
  )
  const matched = { ...about, reach, signals }
  if (!ruleFor(rules, matched)) throw new Refused('no-rule-for-kind', subjectId)
  return { ...requirementFor(rules, matched, await requests.settledOwners(tx)), signals }
}
