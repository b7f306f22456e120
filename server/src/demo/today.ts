import type { RequestContent } from '@countersign/shared/requests/kinds.ts'
import { departements } from '../features/organisations/geography.ts'
import type { Standing } from '../features/organisations/tree.store.ts'
import { approve } from '../features/requests/approve.ts'
import { askPublicly } from '../features/requests/ask-publicly.ts'
import { callBack } from '../features/requests/call-back.ts'
import { cancel } from '../features/requests/cancel.ts'
import { reject } from '../features/requests/reject.ts'
import { canonicalContent } from '../features/requests/requests.store.ts'
import { type Submitted, submit } from '../features/requests/submit.ts'
import { nobody } from '../kernel/actor.ts'
import { history, type Member } from './history.store.ts'
import { pickProfile, reasons } from './people.ts'
import { actorOf, faker, isProvider, keyOf, type Officer, type Stage, supervisorOf, tell } from './stage.ts'

/** The départements of a region, by its code. */
const departementsOf = (region: string) => [...departements.values()].filter((one) => one.region === region).map(({ code }) => code)

const lyon = keyOf({ at: 'structure', commune: '69123' })
const lille = keyOf({ at: 'structure', commune: '59350' })

/** What a filed request is countersigned by: the hash of its content. */
const hashOf = (content: RequestContent) => canonicalContent(content).hash

/**
 * A plausible today: about forty requests wait in different states, some were answered this morning, and the opening moves of
 * both breaches are among them, for whoever looks.
 */
export const tellToday = async (stage: Stage, officers: readonly Officer[]): Promise<void> => {
  const { now } = stage
  const ago = (minutes: number) => now.minus({ minutes })
  const members = await history.accounts(stage.db)
  const structures = stage.organisations.filter(({ level }) => level === 'structure')
  const managerOf = (structure: Standing): Officer => {
    const found = officers.find(({ role, over }) => role === 'account-manager' && over.id === structure.id)
    if (!found) throw new Error('a structure of the demo has no account manager')
    return found
  }
  const newcomer = (structure: Standing, justification: string): RequestContent => {
    const site = faker.helpers.arrayElement([...stage.sitesOf(structure)])
    return stage.people.content(stage.people.name(), {
      organisationId: site.id,
      domain: structure.emailDomain ?? 'reseau-emploi.example',
      profile: pickProfile(faker, isProvider(structure)),
      endsOn: stage.endsOn,
      justification,
    })
  }
  const ask = async (officer: Officer, content: RequestContent, minutes: number): Promise<Submitted & { content: RequestContent }> => ({
    ...(await tell(stage, actorOf(officer), ago(minutes), submit, content)),
    content,
  })
  const staffOf = (structure: Standing, status = 'active'): readonly Member[] =>
    members.filter((one) => one.structureId === structure.id && one.status === status && !one.known)
  const pick = (rows: readonly Member[], index: number): Member => {
    const one = rows[index % Math.max(1, rows.length)]
    if (!one) throw new Error('a structure of the demo has nobody')
    return one
  }

  const lyonStructure = stage.at(lyon)
  const lilleStructure = stage.at(lille)
  const inRegion = (code: string) =>
    structures.filter(
      ({ externalId, parentExternalId }) =>
        externalId.startsWith('structure:mission-locale:') &&
        parentExternalId?.startsWith('departement:mission-locale:') &&
        departementsOf(code).includes(parentExternalId.split(':')[2] ?? ''),
    )
  const aura = inRegion('84')
  const hauts = inRegion('32')

  // Breach 1, its first move: in the night, a hijacked account manager asks for two accounts a minute apart.
  for (const minutes of [9, 8])
    await ask(managerOf(lilleStructure), newcomer(lilleStructure, 'Urgent, accès nécessaire dès ce soir'), minutes)
  // Breach 2, its first move: a handful of resets in a few minutes, asked by nobody known.
  for (const [index, minutes] of [34, 32, 31, 29, 27].entries())
    await tell(stage, nobody, ago(minutes), askPublicly, {
      accountId: pick(staffOf(lyonStructure), index).id,
      justification: 'public-page',
    })

  for (const [index, structure] of [
    lyonStructure,
    ...faker.helpers.arrayElements(aura, 9),
    ...faker.helpers.arrayElements(hauts, 5),
    ...faker.helpers.arrayElements(structures, 8),
  ].entries()) {
    await ask(managerOf(structure), newcomer(structure, faker.helpers.arrayElement(reasons)), 20 + index * 17)
  }

  const callers = officers.filter(({ role }) => role === 'reset-manager')
  for (const [index, outcome] of (['not-reached', 'confirmed', null] as const).entries()) {
    const structure = aura[index + 1] ?? lyonStructure
    const { id } = await ask(
      managerOf(structure),
      { kind: 'reset-credentials', accountId: pick(staffOf(structure), 0).id, justification: 'A perdu son téléphone' },
      65 - index * 9,
    )
    const caller = callers.find(({ over }) => over.id === structure.place.networkId)
    if (outcome && caller)
      await tell(stage, actorOf(caller), ago(40 - index * 9), callBack, {
        requestId: id,
        outcome,
        note: outcome === 'confirmed' ? 'Rappelée au numéro enregistré, confirme' : 'Pas de réponse',
      })
  }

  const suspended = structures.flatMap((structure) =>
    staffOf(structure, 'suspended')
      .slice(0, 1)
      .map((member) => ({ structure, member })),
  )
  for (const [index, { structure, member }] of suspended.slice(0, 4).entries())
    await ask(
      managerOf(structure),
      { kind: 'reinstate', accountId: member.id, justification: 'De retour après vérification' },
      90 + index * 20,
    )

  // Roles need two signatures: the first of these has one already.
  const owners = officers.filter(({ role }) => role === 'policy-owner')
  for (const [index, structure] of aura.slice(4, 7).entries()) {
    const supervisor = supervisorOf(officers, structure.place, index)
    const asked = await ask(
      supervisor,
      {
        kind: 'grant-role',
        accountId: pick(staffOf(structure), 0).id,
        role: 'account-manager',
        organisationId: structure.id,
        justification: 'Seconde responsable des comptes',
      },
      150 + index * 30,
    )
    if (index === 0 && owners[0])
      await tell(stage, actorOf(owners[0]), ago(100), approve, { requestId: asked.id, seen: hashOf(asked.content) })
  }

  for (const [index, structure] of faker.helpers.arrayElements(structures, 12).entries()) {
    const asked = await ask(managerOf(structure), newcomer(structure, faker.helpers.arrayElement(reasons)), 600 + index * 30)
    const supervisor = actorOf(supervisorOf(officers, structure.place, index))
    if (index % 3 === 0) await tell(stage, actorOf(managerOf(structure)), ago(560 - index), cancel, { requestId: asked.id })
    else
      await tell(stage, supervisor, ago(540 - index), reject, {
        requestId: asked.id,
        seen: hashOf(asked.content),
        reason: 'Demande à compléter : convention non signée',
      })
  }
}
