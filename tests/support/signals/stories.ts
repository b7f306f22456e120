import type { Fact } from '@countersign/shared/signals/fact.ts'
import { born, type Day, type Inhabitant, type Life, signIn, tell } from './life.ts'

type Story = (life: Life, day: Day, name: string) => void

const foreign = '185.220.0.0/16'
const strange = 'Chrome 120 on Linux'

/** Somebody settled: there since before the network's first day, with a habit. */
const settled = ({ chance, people }: Life, role: Inhabitant['role']): Inhabitant => {
  for (;;) {
    const person = chance.pick([...people.values()])
    if (person.role === role && !person.seldom && !person.late && !person.canary && person.bornAt === null) return person
  }
}

const asking = (person: Inhabitant, kind: NonNullable<Fact['kind']>, accountId: string | null = null) => ({
  ...{ byId: person.id, accountId, structureId: person.structureId, prefix: foreign, device: strange, kind },
})

/** December 2025: a hijacked account manager has two accounts made and uses both from their own machine. */
const breachOne: Story = (life, day, story) => {
  const manager = settled(life, 'account-manager')
  signIn(life, day, 18.5, manager, { prefix: foreign, device: strange, story })
  for (const index of [1, 2]) {
    const login = `adviser.lyon${index}`
    const asked = { id: login, givenName: 'adviser', familyName: `lyon${index}`, login, structureId: manager.structureId }
    tell(life, day, 18.6 + index / 20, 'request.submitted', asking(manager, 'create-account'), { asked, story })
    const person = born(life, manager.structureId, {
      role: 'agent',
      office: manager.office,
      bornAt: new Date(day.midnight + 19 * 3_600_000),
      creatorId: manager.id,
    })
    signIn(life, day, 19 + index / 5, person, { prefix: foreign, device: strange, story })
  }
}

/** March 2024: a hijacked partner account has advisers' passwords reset, in the evening, and signs in as them. */
const breachTwo: Story = (life, day, story) => {
  const manager = settled(life, 'account-manager')
  const victims = (life.structures.get(manager.structureId) ?? []).filter(({ id }) => id !== manager.id).slice(0, life.chance.whole(3, 9))
  victims.forEach((victim, index) => {
    tell(life, day, 20.5 + index / 15, 'request.submitted', asking(manager, 'reset-credentials', victim.id), { story })
    tell(life, day, 20.6 + index / 15, 'account.reset', { accountId: victim.id, structureId: victim.structureId }, { story })
  })
}

const guessing: Story = (life, day, story) =>
  void signIn(life, day, 14, settled(life, 'agent'), { prefix: foreign, device: strange, failures: life.chance.whole(3, 14), story })

const stolenSession: Story = (life, day, story) => {
  const person = settled(life, 'agent')
  signIn(life, day, 10, person, { story })
  signIn(life, day, 10.15, person, { prefix: foreign, device: strange, story })
}

const sleeper: Story = (life, day, story) => {
  const person = born(life, settled(life, 'agent').structureId, {
    role: 'agent',
    office: foreign,
    bornAt: new Date(day.midnight - 60 * 86_400_000),
  })
  signIn(life, day, 11, person, { device: strange, story })
}

const ownSignature: Story = (life, day, story) => {
  const { id, structureId } = settled(life, 'supervisor')
  tell(life, day, 15, 'attempt.refused', { byId: id, structureId, code: 'own-request' }, { story })
}

const probing: Story = (life, day, story) => {
  const { id, structureId } = settled(life, 'account-manager')
  for (let index = life.chance.whole(2, 9); index > 0; index -= 1)
    tell(life, day, 11 + index / 60, 'attempt.refused', { byId: id, structureId, code: 'not-found' }, { story })
}

const lookAlike: Story = (life, day, story) => {
  const manager = settled(life, 'account-manager')
  const victim = settled(life, 'agent').identity
  const login = victim.login.replace('i', '1').replace('o', '0').replace('.', '-')
  tell(
    life,
    day,
    10,
    'request.submitted',
    { ...asking(manager, 'create-account'), prefix: manager.office, device: manager.device },
    { asked: { ...victim, id: login, login, structureId: manager.structureId }, story },
  )
}

const roleForADay: Story = (life, day, story) => {
  const [by, agent] = [settled(life, 'supervisor'), settled(life, 'agent')]
  const about = { byId: by.id, accountId: agent.id, structureId: agent.structureId, role: 'account-manager' as const }
  tell(life, day, 9, 'role.granted', about, { story })
  tell(life, day, 16, 'role.revoked', about, { story })
}

const decoy: Story = (life, day, story) => {
  const canary = born(life, settled(life, 'agent').structureId, { role: 'agent', office: foreign })
  canary.canary = true
  tell(
    life,
    day,
    12,
    'sign-in.failed',
    { byId: canary.id, accountId: canary.id, structureId: canary.structureId, prefix: foreign, device: strange },
    { story },
  )
}

const emptying: Story = (life, day, story) => {
  const hijacked = settled(life, 'supervisor')
  const agents = [...life.people.values()].slice(0, life.chance.whole(8, 60))
  agents.forEach(({ id, structureId }, index) => {
    tell(life, day, 9 + index / 7, 'account.suspended', { byId: hijacked.id, accountId: id, structureId }, { story })
  })
}

/** Two colleagues who know the threshold of one: each stays below it, the structure does not. */
const together: Story = (life, day, story) => {
  const people = [...life.structures.values()].find((all) => all.filter(({ role, late }) => role === 'account-manager' && !late).length > 1)
  const managers = people?.filter(({ role }) => role === 'account-manager') ?? []
  for (let index = life.chance.whole(6, 16); index > 0; index -= 1) {
    const manager = managers[index % 2]
    const login = `together${index}`
    if (manager)
      tell(
        life,
        day,
        9 + index / 3,
        'request.submitted',
        { ...asking(manager, 'create-account'), prefix: manager.office, device: manager.device },
        { asked: { id: login, givenName: 'to', familyName: login, login, structureId: manager.structureId }, story },
      )
  }
}

/** What went wrong among all that did not. */
export const stories = {
  'breach 1: accounts made by a hijacked account manager': breachOne,
  'breach 2: resets by a hijacked partner account': breachTwo,
  'a password guessed': guessing,
  'a session from elsewhere, minutes later': stolenSession,
  'an account nobody had used': sleeper,
  'a signature under one’s own request': ownSignature,
  'doors tried outside one’s scope': probing,
  'an account that reads like another’s': lookAlike,
  'a role for a day': roleForADay,
  'a decoy touched': decoy,
  'a region emptied by clicks': emptying,
  'two colleagues below the threshold': together,
} as const satisfies Record<string, Story>

/** Plants each of them on a working day after the first month, when there are habits. */
export const plant = (life: Life): void => {
  const days = life.days.filter(({ working, index }) => working && index > life.days.length * 0.45)
  for (const [name, story] of Object.entries(stories)) story(life, life.chance.pick(days), name)
}
