import { type Persona, personas } from '@countersign/drizzle/seed/cast.ts'
import type { Role } from '@countersign/shared/access/roles.ts'
import type { Grant } from '@countersign/shared/access/scope.ts'
import type { NetworkKind, ProfileId } from '@countersign/shared/accounts/profiles.ts'
import { firstRequirement } from '@countersign/shared/policy/first.ts'
import { v7 as uuid } from 'uuid'
import { revokeRole } from '../features/accounts/revoke-role.ts'
import { found } from '../features/founding/found.ts'
import type { Standing } from '../features/organisations/tree.store.ts'
import { timesOf } from '../features/requests/working-hours.ts'
import { nobody, type Person } from '../kernel/actor.ts'
import type { Birth } from './history.store.ts'
import { tellExecutions, tellSubmissions } from './history.ts'
import { keys } from './network.ts'
import type { Name } from './people.ts'
import { chunks, isProvider, keyOf, type Officer, past, type Stage, tell } from './stage.ts'

const batch = 300
const supervised = ['mission-locale', 'cap-emploi', 'provider'] as const satisfies readonly NetworkKind[]

type Candidate = { readonly birth: Birth; readonly role: Role; readonly over: Standing }

const candidate = (stage: Stage, name: Name, home: Standing, profile: ProfileId, role: Role, over: Standing): Candidate => {
  const content = stage.people.content(name, {
    organisationId: home.id,
    domain: home.emailDomain ?? 'reseau-emploi.example',
    profile,
    endsOn: stage.endsOn,
    justification: 'Ouverture du réseau',
  })
  const { expiresAt } = timesOf(stage.start.toJSDate(), firstRequirement('create-account').demand)
  return {
    role,
    over,
    birth: {
      id: uuid(),
      accountId: uuid(),
      content,
      subjectId: null,
      organisationId: home.id,
      place: home.place,
      requirement: firstRequirement('create-account', 2),
      expiresAt,
    },
  }
}

/** Everybody who will hold a role: the cast, an account manager for every structure, two supervisors for every region of every network. */
const candidates = (stage: Stage, cast: readonly Persona[]): readonly Candidate[] => {
  const { at, organisations, people } = stage
  const named = cast.flatMap((one) =>
    one.role && one.over ? [candidate(stage, one, at(keyOf(one.works)), one.profile, one.role, at(keyOf(one.over)))] : [],
  )
  const managed = new Set(named.filter(({ role }) => role === 'account-manager').map(({ over }) => over.id))
  const structures = organisations.filter(({ level, id }) => level === 'structure' && !managed.has(id))
  const office = (code: string) => at(keys.region('france-travail', code))
  return [
    ...named,
    ...structures.map((structure) =>
      candidate(
        stage,
        people.name(),
        structure,
        isProvider(structure) ? 'structure-reader' : 'structure-management',
        'account-manager',
        structure,
      ),
    ),
    ...supervised.flatMap((kind) =>
      organisations
        .filter(({ level, externalId }) => level === 'region' && externalId.startsWith(`region:${kind}:`))
        .flatMap((region) =>
          [0, 1].map(() =>
            candidate(stage, people.name(), office(region.externalId.split(':')[2] ?? '11'), 'region-coordinator', 'supervisor', region),
          ),
        ),
    ),
    ...supervised.map((kind) =>
      candidate(stage, people.name(), office('11'), 'region-coordinator', 'reset-manager', at(keys.network(kind))),
    ),
    // Somebody answers for those who answer for everybody.
    ...[0, 1].map(() =>
      candidate(stage, people.name(), office('11'), 'region-coordinator', 'supervisor', at(keys.network('france-travail'))),
    ),
  ]
}

/** One founder asks, the other signs: first the accounts, then their roles. */
const appoint = async (
  stage: Stage,
  [asker, signer]: readonly [Person, Person],
  group: readonly Candidate[],
  hour: number,
): Promise<void> => {
  const { start } = stage
  const carry = async (births: readonly Birth[], after: number) => {
    for (const part of chunks(births, batch)) {
      await tell(stage, asker, start.plus({ hours: after }), tellSubmissions, part)
      await tell(stage, signer, start.plus({ hours: after + 1 }), tellExecutions, {
        births: part,
        requesterId: asker.id,
        earlierApprovers: [],
      })
    }
  }
  await carry(
    group.map(({ birth }) => birth),
    hour,
  )
  await carry(
    group.map(({ birth, role, over }) => ({
      ...birth,
      id: uuid(),
      subjectId: birth.accountId,
      content: { kind: 'grant-role', accountId: birth.accountId, role, organisationId: over.id, justification: 'Ouverture du réseau' },
      requirement: firstRequirement('grant-role', 2),
    })),
    hour + 2,
  )
}

/** The first days: two founders, then everybody who files and everybody who countersigns, and the founders step back. */
export const tellOpening = async (stage: Stage): Promise<readonly Officer[]> => {
  const { at, start, endsOn, people } = stage
  const nation = at(keys.nation)
  const [first, second, ...cast] = personas as readonly Persona[]
  if (!first || !second) throw new Error('the cast begins with two founders')
  const founder = (one: Persona) => ({
    givenName: one.givenName,
    familyName: one.familyName,
    login: one.login,
    email: `${one.login}@reseau-emploi.example`,
    phone: people.phone(),
    organisationId: at(keyOf(one.works)).id,
    endsOn,
  })
  const ids = await tell(stage, nobody, start, found, { founders: [founder(first), founder(second)], nationId: nation.id })
  const both: readonly Grant[] = [
    { role: 'policy-owner', level: 'nation', organisationId: nation.id },
    { role: 'supervisor', level: 'nation', organisationId: nation.id },
  ]
  const [claire, marc] = [past(ids[0] ?? '', both), past(ids[1] ?? '', both)]

  // No supervisor descends from the hand an account manager does; the third policy owner comes last and ends the founding.
  const everybody = candidates(stage, cast)
  const countersigns = ({ role }: Candidate) => role === 'supervisor' || role === 'reset-manager'
  await appoint(
    stage,
    [claire, marc],
    everybody.filter((one) => !countersigns(one) && one.role !== 'policy-owner'),
    1,
  )
  await appoint(stage, [marc, claire], everybody.filter(countersigns), 1)
  await appoint(
    stage,
    [claire, marc],
    everybody.filter(({ role }) => role === 'policy-owner'),
    6,
  )
  await tell(stage, claire, start.plus({ days: 1 }), revokeRole, { accountId: marc.id, role: 'supervisor', organisationId: nation.id })
  await tell(stage, marc, start.plus({ days: 1 }), revokeRole, { accountId: claire.id, role: 'supervisor', organisationId: nation.id })

  const founders = [claire, marc].map(({ id }): Officer => ({ id, role: 'policy-owner', over: nation }))
  return [...everybody.map(({ birth, role, over }): Officer => ({ id: birth.accountId, role, over })), ...founders]
}
