import type { Role } from '@countersign/shared/access/roles.ts'
import { covers, type Level, scopeOf } from '@countersign/shared/access/scope.ts'
import { type Field, type Goal, type Ground, goals, type Member, usualDemand, usualSigners } from '@countersign/shared/policy/attempts.ts'
import type { Step } from '@countersign/shared/policy/coalition.ts'
import type { Found } from '@countersign/shared/policy/collusion.ts'
import { canSignFor, type Means, sessionAlone } from '@countersign/shared/requests/requirement.ts'
import type { Person } from '../../kernel/actor.ts'
import type { Db } from '../../kernel/db.ts'
import { unreachable } from '../../kernel/outbox.ts'
import { Refused } from '../../kernel/refused.ts'
import { absences } from '../absences/absences.store.ts'
import { past } from '../policy/past.store.ts'
import { collusion } from './collusion.store.ts'
import { fields } from './field.store.ts'
import { measureOne } from './measure.ts'

/** Somebody with a part in it; without a name where the reader may not see them. */
export type Part = { readonly id: string; readonly name: string | null; readonly roles: readonly Role[]; readonly level: Level }
export type Way = {
  readonly held: readonly Part[]
  readonly steps: readonly (Omit<Step, 'by' | 'about'> & { readonly by: Part | null; readonly about: Part | null })[]
}

export type Explained = {
  readonly id: string
  readonly name: string
  readonly level: Level
  /** The name of its network. */
  readonly network: string | null
  readonly ways: Readonly<Record<Goal, Way | null>>
  readonly signers: readonly (Part & {
    readonly account: boolean
    readonly credential: boolean
    readonly away: boolean
    readonly unreachable: boolean
    /** Of which of the two they cannot give the proof that is asked for. */
    readonly unproven: readonly ('account' | 'credential')[]
  })[]
}

const wide = ['nation', 'network', 'region', 'departement', 'structure', 'site'] as const

/** Shown as "of the network", "of the region": the widest place a role reaches from. */
const partOf = ({ id, grants }: Member, name: string | null): Part => ({
  id: name === null ? '' : id,
  name,
  roles: [...new Set(grants.map(({ role }) => role))],
  level: wide.find((level) => grants.some((grant) => grant.level === level)) ?? 'site',
})

/** Where accounts can be asked for; a site is its structure's. */
const isMeasured = ({ level }: Ground): boolean => level === 'structure' || level === 'departement' || level === 'region'

/** What it would take in one organisation of somebody's scope, measured now, with the cheapest ways as a story. */
export const explain = async (db: Db, actor: Person, organisationId: string, now: Date): Promise<Explained> => {
  const [ground] = await fields.grounds(db, [organisationId])
  if (!ground || !isMeasured(ground) || !covers(scopeOf(actor, 'policy:read'), ground.place)) throw new Refused('not-found', organisationId)
  const { strength, field } = await measureOne(db, ground, now)
  const { members } = field
  const ids = members.map(({ id }) => id)
  const seen = members.filter(({ id, home }) => id === actor.id || covers(scopeOf(actor, 'account:read'), home.place))
  const names = await collusion.namesOf(
    db,
    seen.map(({ id }) => id),
  )
  const parts = new Map(members.map((member) => [member.id, partOf(member, names.get(member.id) ?? null)]))
  const part = (id: string | null): Part | null => (id === null ? null : (parts.get(id) ?? null))
  const way = (found: Found | null): Way | null =>
    found && {
      held: found.held.map(part).filter((one) => one !== null),
      steps: found.steps.map(({ by, about, ...step }) => ({ ...step, by: part(by), about: part(about) })),
    }
  return {
    id: ground.id,
    name: ground.name,
    level: ground.level,
    network: ground.networkName,
    ways: Object.fromEntries(goals.map((goal) => [goal, way(strength[goal])])) as Record<Goal, Way | null>,
    signers: signersOf(field, parts, {
      away: await absences.away(db),
      silent: await unreachable(db, ids),
      means: await past.means(db, ids),
    }),
  }
}

type Standing = { readonly away: ReadonlySet<string>; readonly silent: ReadonlySet<string>; readonly means: ReadonlyMap<string, Means> }

const signersOf = (field: Field, parts: ReadonlyMap<string, Part>, { away, silent, means }: Standing): Explained['signers'] => {
  const [accounts, credentials] = [
    new Set(usualSigners(field, 'create-account', field.members)),
    new Set(usualSigners(field, 'reset-credentials', field.members)),
  ]
  const [forAccount, forCredential] = [usualDemand(field, 'create-account'), usualDemand(field, 'reset-credentials')]
  return field.members.flatMap((member) => {
    const own = means.get(member.id) ?? sessionAlone
    const [account, credential] = [accounts.has(member), credentials.has(member)]
    const found = parts.get(member.id)
    return found && (account || credential)
      ? [
          {
            ...{ ...found, account, credential, away: away.has(member.id), unreachable: silent.has(member.id) },
            unproven: [
              ...(canSignFor(own, forAccount) ? [] : (['account'] as const)),
              ...(canSignFor(own, forCredential) ? [] : (['credential'] as const)),
            ],
          },
        ]
      : []
  })
}
