import { covers, type Place, scopeOf } from '@countersign/shared/access/scope.ts'
import { type Demand, type Matched, nowhere } from '@countersign/shared/policy/rules.ts'
import { type RequestKind, requestKinds } from '@countersign/shared/requests/kinds.ts'
import { canSignFor, requirementFor, ruleFor, sessionAlone } from '@countersign/shared/requests/requirement.ts'
import { emptyPlaces, fits } from '@countersign/shared/requests/stages.ts'
import type { Person } from '../../kernel/actor.ts'
import type { Db } from '../../kernel/db.ts'
import { unreachable } from '../../kernel/outbox.ts'
import { Refused } from '../../kernel/refused.ts'
import { accounts } from '../accounts/accounts.store.ts'
import { organisations } from '../organisations/organisations.store.ts'
import { requests } from '../requests/requests.store.ts'
import { asActors, type Signer, signers } from '../requests/signers.store.ts'
import { past } from './past.store.ts'
import { policies } from './policy.store.ts'

/** Somebody who holds a role that signs there; without a name where the reader may not see them. */
type Signing = Pick<Signer, 'role' | 'over' | 'away'> & {
  readonly id: string
  readonly name: string | null
  /** Whose mailbox takes no mail, and who cannot give the proof that is asked for. */
  readonly unreachable: boolean
  readonly unproven: boolean
}

/** What is asked of one kind of request there, and who could sign it today; no demand where nothing of the kind can be asked. */
export type SigningLine = {
  readonly kind: RequestKind
  readonly demand: Demand | null
  readonly people: readonly Signing[]
  readonly more: number
  /** How many places of its stages nobody could fill today. */
  readonly empty: number
}

const named = 8
/** What is about somebody's own account; the rest is about a list, or the whole network. */
const ofOneAccount: ReadonlySet<RequestKind> = new Set(['create-account', 'reset-credentials', 'change-contact', 'reinstate', 'grant-role'])

/** Where it is asked for: the policy is everybody's. */
const asksAt = (kind: RequestKind, place: Place): Place => (kind === 'set-policy' ? { ...nowhere, nationId: place.nationId } : place)

/** An ordinary account of that place, a role of the place itself, and of the rest nothing in particular. */
const usual = (kind: RequestKind, place: Place, network: Matched['network']): Matched => ({
  kind,
  network: kind === 'set-policy' ? null : network,
  place: asksAt(kind, place),
  profiles: ofOneAccount.has(kind) ? ['site-adviser'] : [],
  role: kind === 'grant-role' ? 'supervisor' : null,
  reach: null,
  signals: [],
})

/** Who could countersign what in an organisation of one's scope, today. */
export const signingAt = async (db: Db, actor: Person, organisationId: string): Promise<readonly SigningLine[]> => {
  const home = await organisations.find(db, organisationId)
  if (!home || !covers(scopeOf(actor, 'policy:read'), home.place)) throw new Refused('not-found', organisationId)
  const [{ rules }, settledOwners] = [await policies.read(db), await requests.settledOwners(db)]
  const lines: SigningLine[] = []
  for (const kind of requestKinds) {
    const matched = usual(kind, home.place, home.network)
    if (!ruleFor(rules, matched)) {
      lines.push({ kind, demand: null, people: [], more: 0, empty: 0 })
      continue
    }
    const { demand, approverRoles } = requirementFor(rules, matched, settledOwners)
    const standing = { place: matched.place, wide: false }
    const found = (await signers.of(db, { place: matched.place, approverRoles, demand, except: [] })).filter(({ id, grant }) =>
      demand.stages.some((stage) => fits({ id, grants: [grant] }, stage, standing)),
    )
    const ids = [...new Set(found.map(({ id }) => id))]
    const [seen, silent, means] = [
      await accounts.visibleAmong(db, scopeOf(actor, 'account:read'), ids),
      await unreachable(db, ids),
      await past.means(db, ids),
    ]
    const proven = (id: string) => canSignFor(means.get(id) ?? sessionAlone, demand)
    const able = found.filter(({ id, away }) => !away && !silent.has(id) && proven(id))
    lines.push({
      kind,
      demand,
      people: found.slice(0, named).map(({ id, name, role, over, away }) => ({
        ...(seen.has(id) || id === actor.id ? { id, name } : { id: '', name: null }),
        ...{ role, over, away, unreachable: silent.has(id), unproven: !proven(id) },
      })),
      more: Math.max(0, ids.length - new Set(found.slice(0, named).map(({ id }) => id)).size),
      empty: emptyPlaces(demand.stages, asActors(able), standing),
    })
  }
  return lines
}
