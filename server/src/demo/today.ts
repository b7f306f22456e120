import type { FormContent } from '@countersign/shared/requests/content.ts'
import { departements } from '../features/organisations/geography.ts'
import type { Standing } from '../features/organisations/tree.store.ts'
import { approve } from '../features/requests/approve.ts'
import { askPublicly } from '../features/requests/ask-publicly.ts'
import { callBack } from '../features/requests/call-back.ts'
import { cancel } from '../features/requests/cancel.ts'
import { reject } from '../features/requests/reject.ts'
import { canonicalContent } from '../features/requests/requests.store.ts'
import { subjects } from '../features/requests/subjects.store.ts'
import { type Submitted, submit } from '../features/requests/submit.ts'
import { nobody } from '../kernel/actor.ts'
import { unlessRefused } from '../kernel/refused.ts'
import { history, type Member } from './history.store.ts'
import { pickProfile, reasons } from './people.ts'
import { actorOf, faker, isProvider, keyOf, nothingToProve, type Officer, type Stage, supervisorOf, tell } from './stage.ts'

/** The départements of a region, by its code. */
const departementsOf = (region: string) => [...departements.values()].filter((one) => one.region === region).map(({ code }) => code)

const lyon = keyOf({ at: 'structure', commune: '69123' })
const lille = keyOf({ at: 'structure', commune: '59350' })

/** What a filed request is countersigned by: the hash of its content. */
const hashOf = (content: FormContent) => canonicalContent(content).hash

type Cast = {
  readonly stage: Stage
  readonly officers: readonly Officer[]
  readonly members: readonly Member[]
  readonly structures: readonly Standing[]
}

const managerOf = ({ officers }: Cast, structure: Standing): Officer => {
  const found = officers.find(({ role, over }) => role === 'account-manager' && over.id === structure.id)
  if (!found) throw new Error('a structure of the demo has no account manager')
  return found
}

const newcomer = ({ stage }: Cast, structure: Standing, justification: string): FormContent =>
  stage.people.content(stage.people.name(), {
    organisationId: faker.helpers.arrayElement([...stage.sitesOf(structure)]).id,
    domain: structure.emailDomain ?? 'reseau-emploi.example',
    profile: pickProfile(faker, isProvider(structure)),
    endsOn: stage.endsOn,
    justification,
  })

const staffOf = ({ members }: Cast, structure: Standing, status = 'active'): readonly Member[] =>
  members.filter((one) => one.structureId === structure.id && one.status === status && !one.known)

const oneOf = (rows: readonly Member[], index = 0): Member => {
  const one = rows[index % Math.max(1, rows.length)]
  if (!one) throw new Error('a structure of the demo has nobody')
  return one
}

const inRegion = ({ structures }: Cast, code: string): readonly Standing[] =>
  structures.filter(
    ({ externalId, parentExternalId }) =>
      externalId.startsWith('structure:mission-locale:') && departementsOf(code).includes(parentExternalId?.split(':')[2] ?? ''),
  )

const ask = async ({ stage }: Cast, officer: Officer, content: FormContent, minutes: number): Promise<Submitted & { seen: string }> => ({
  ...unlessRefused(await tell(stage, actorOf(officer), stage.now.minus({ minutes }), submit(nothingToProve), { content })),
  seen: hashOf(content),
})

/** The first moves of both breaches: two accounts asked a minute apart in a hurry, and a handful of resets asked by nobody known. */
const tellBreaches = async (cast: Cast): Promise<void> => {
  const { stage } = cast
  const target = stage.at(lille)
  for (const minutes of [9, 8])
    await ask(cast, managerOf(cast, target), newcomer(cast, target, 'Urgent, accès nécessaire dès ce soir'), minutes)
  for (const [index, minutes] of [34, 32, 31, 29, 27].entries()) {
    const accountId = oneOf(staffOf(cast, stage.at(lyon)), index).id
    await tell(stage, nobody, stage.now.minus({ minutes }), askPublicly, { accountId, justification: 'public-page' })
  }
}

const tellResets = async (cast: Cast): Promise<void> => {
  const { stage, officers } = cast
  for (const [index, outcome] of (['not-reached', 'confirmed', null] as const).entries()) {
    const structure = inRegion(cast, '84')[index + 1] ?? stage.at(lyon)
    const content = {
      kind: 'reset-credentials',
      accountId: oneOf(staffOf(cast, structure)).id,
      justification: 'A perdu son téléphone',
    } as const
    const { id } = await ask(cast, managerOf(cast, structure), content, 65 - index * 9)
    const caller = officers.find(({ role, over }) => role === 'reset-manager' && over.id === structure.place.networkId)
    if (!outcome || !caller) continue
    const note = outcome === 'confirmed' ? 'Rappelée au numéro enregistré, confirme' : 'Pas de réponse'
    await tell(stage, actorOf(caller), stage.now.minus({ minutes: 40 - index * 9 }), callBack, { requestId: id, outcome, note })
  }
}

/** Somebody whose mailbox moved: called, and waiting for a signature. */
const tellContact = async (cast: Cast): Promise<void> => {
  const { stage, officers } = cast
  const structure = inRegion(cast, '84')[8] ?? stage.at(lyon)
  const accountId = oneOf(staffOf(cast, structure)).id
  const subject = await subjects.find(stage.db, accountId)
  if (!subject) throw new Error('a structure of the demo has nobody')
  const { email, phone } = subject
  const justification = 'Nouvelle adresse de messagerie depuis la fusion'
  const content = { kind: 'change-contact', accountId, before: { email, phone }, email: `nouvelle.${email}`, phone, justification } as const
  const { id } = await ask(cast, managerOf(cast, structure), content, 70)
  const caller = officers.find(({ role, over }) => role === 'reset-manager' && over.id === structure.place.networkId)
  const note = 'Rappelée au numéro enregistré, confirme'
  if (caller) await tell(stage, actorOf(caller), stage.now.minus({ minutes: 50 }), callBack, { requestId: id, outcome: 'confirmed', note })
}

/** Roles need two signatures: the first of these has one already. */
const tellRoles = async (cast: Cast): Promise<void> => {
  const { stage, officers } = cast
  const owner = officers.find(({ role }) => role === 'policy-owner')
  for (const [index, structure] of inRegion(cast, '84').slice(4, 7).entries()) {
    const supervisor = supervisorOf(officers, structure.place, index)
    const justification = 'Seconde responsable des comptes'
    const content = {
      kind: 'grant-role',
      accountId: oneOf(staffOf(cast, structure)).id,
      role: 'account-manager',
      organisationId: structure.id,
      justification,
    } as const
    const { id, seen } = await ask(cast, supervisor, content, 150 + index * 30)
    if (index === 0 && owner)
      await tell(stage, actorOf(owner), stage.now.minus({ minutes: 100 }), approve(nothingToProve), { requestId: id, seen })
  }
}

const tellAnswered = async (cast: Cast): Promise<void> => {
  const { stage, officers, structures } = cast
  for (const [index, structure] of faker.helpers.arrayElements([...structures], 12).entries()) {
    const manager = managerOf(cast, structure)
    const { id, seen } = await ask(cast, manager, newcomer(cast, structure, faker.helpers.arrayElement(reasons)), 600 + index * 30)
    const answered = stage.now.minus({ minutes: 540 - index })
    if (index % 3 === 0) await tell(stage, actorOf(manager), answered, cancel, { requestId: id })
    else
      await tell(stage, actorOf(supervisorOf(officers, structure.place, index)), answered, reject(nothingToProve), {
        requestId: id,
        seen,
        reason: 'Demande à compléter : convention non signée',
      })
  }
}

/**
 * A plausible today: about forty requests wait in different states, some were answered this morning, and the opening moves of
 * both breaches are among them, for whoever looks.
 */
export const tellToday = async (stage: Stage, officers: readonly Officer[]): Promise<void> => {
  const structures = stage.organisations.filter(({ level }) => level === 'structure')
  const cast: Cast = { stage, officers, structures, members: await history.accounts(stage.db) }
  await tellBreaches(cast)
  const asking = [
    stage.at(lyon),
    ...faker.helpers.arrayElements([...inRegion(cast, '84')], 9),
    ...faker.helpers.arrayElements([...inRegion(cast, '32')], 5),
    ...faker.helpers.arrayElements(structures, 8),
  ]
  for (const [index, structure] of asking.entries())
    await ask(cast, managerOf(cast, structure), newcomer(cast, structure, faker.helpers.arrayElement(reasons)), 20 + index * 17)
  await tellResets(cast)
  await tellContact(cast)
  const suspended = structures.flatMap((structure) =>
    staffOf(cast, structure, 'suspended')
      .slice(0, 1)
      .map((member) => ({ structure, member })),
  )
  for (const [index, { structure, member }] of suspended.slice(0, 4).entries()) {
    await ask(
      cast,
      managerOf(cast, structure),
      { kind: 'reinstate', accountId: member.id, justification: 'De retour après vérification' },
      90 + index * 20,
    )
  }
  await tellRoles(cast)
  await tellAnswered(cast)
}
