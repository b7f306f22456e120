import type { Identity } from '@countersign/shared/signals/fact.ts'
import { born, type Day, found, type Inhabitant, type Life, signIn, tell } from './life.ts'

/** How many fingers slip before a password is right. */
const slips = ({ chance }: Life, day: Day): number => {
  if (!chance.happens(day.monday ? 0.09 : 0.03)) return 0
  let failures = 1
  while (failures < 14 && chance.happens(0.45)) failures += 1
  return failures
}

const morning = ({ chance }: Life, { late }: Inhabitant): number => (late ? chance.between(9, 11) : chance.between(7.7, 9.8))

/** A day of somebody's sign-ins: mornings, some afternoons, the telephone now and then, evenings where that is the habit. */
const attend = (life: Life, day: Day, person: Inhabitant): void => {
  const { chance } = life
  const here = person.seldom ? chance.happens(0.012) : day.working ? chance.happens(0.78) : chance.happens(person.late ? 0.15 : 0.004)
  if (!here) return
  const place = chance.happens(0.04) ? { prefix: person.mobile, device: 'Safari 18 mobile' } : {}
  signIn(life, day, day.working ? morning(life, person) : chance.between(9, 19), person, { ...place, failures: slips(life, day) })
  if (chance.happens(0.3)) signIn(life, day, chance.between(13, 17), person)
  // From the train, minutes after the office.
  if (chance.happens(0.006)) signIn(life, day, chance.between(17, 18.5), person, { prefix: person.mobile, device: 'Safari 18 mobile' })
  if (person.late ? chance.happens(0.4) : chance.happens(0.003)) signIn(life, day, chance.between(20, 22.5), person)
}

/** Where somebody asks from: the office, the telephone's network, once in a while a hotel. */
const placeOf = ({ chance }: Life, { office, mobile }: Inhabitant): string =>
  chance.happens(0.005) ? `${chance.whole(96, 120)}.${chance.whole(0, 255)}.0.0/16` : chance.happens(0.04) ? mobile : office

const askedOf = (life: Life, structureId: string, colleagues: readonly Inhabitant[]): Identity => {
  const { chance } = life
  const login = `new.person${life.lived.length}`
  const asked = { id: login, givenName: 'new', familyName: `person${life.lived.length}`, login, structureId }
  // Asked for once more because nobody remembered they were there already.
  const again = chance.happens(0.004) ? chance.pick(colleagues).identity : null
  return again ? { ...asked, givenName: again.givenName, familyName: again.familyName } : asked
}

/** Requests of an account manager, and what a supervisor answers within hours; who is created comes to work in the days after. */
const ask = (life: Life, day: Day, asking: Inhabitant, colleagues: Inhabitant[], supervisor: Inhabitant, count: number): void => {
  const { chance } = life
  for (let index = 0; index < count; index += 1) {
    const hours =
      asking.late && chance.happens(0.3) ? chance.between(20, 22) : chance.happens(0.004) ? chance.between(20, 21) : chance.between(9, 17.5)
    const asked = askedOf(life, asking.structureId, colleagues)
    const at = { byId: asking.id, structureId: asking.structureId, prefix: placeOf(life, asking), device: asking.device }
    tell(life, day, hours, 'request.submitted', { ...at, kind: 'create-account' }, { asked })
    const answer = Math.min(hours + chance.between(0.2, 5), 18.2)
    if (day.working && answer > hours)
      tell(life, day, answer, 'request.approval-given', {
        byId: supervisor.id,
        structureId: asking.structureId,
        prefix: supervisor.office,
        device: supervisor.device,
        kind: 'create-account',
      })
    const next = life.days[day.index + chance.whole(1, 4)]
    if (!next?.working) continue
    const person = born(life, asking.structureId, {
      role: 'agent',
      office: asking.office,
      bornAt: new Date(day.midnight + answer * 3_600_000),
      creatorId: asking.id,
    })
    colleagues.push(person)
    // One in ten is shown how by whoever asked for them, on that person's own machine.
    signIn(life, next, chance.between(9, 12), person, chance.happens(0.1) ? { device: asking.device } : {})
  }
}

/** Forgotten passwords of the structure, asked for by its account manager: the rush is on Mondays. */
const reset = (life: Life, day: Day, asking: Inhabitant, colleagues: readonly Inhabitant[], count: number): void => {
  const { chance } = life
  for (let index = 0; index < count; index += 1) {
    const person = chance.pick(colleagues)
    const hours = asking.late && chance.happens(0.2) ? chance.between(20, 21.5) : chance.between(8.6, 17)
    const at = {
      byId: asking.id,
      structureId: asking.structureId,
      prefix: placeOf(life, asking),
      device: asking.device,
      accountId: person.id,
    }
    tell(life, day, hours, 'request.submitted', { ...at, kind: 'reset-credentials' })
    tell(life, day, Math.min(hours + chance.between(0.3, 3), 18.3), 'account.reset', {
      accountId: person.id,
      structureId: person.structureId,
    })
  }
}

const poisson = ({ chance }: Life, mean: number): number => {
  let count = 0
  for (let left = chance.between(0, 1), term = Math.exp(-mean); left > term && count < 30; term *= mean / (count + 1), count += 1)
    left -= term
  return count
}

/** A structure's day: who comes, who is asked for, who forgot, who leaves. */
const run = (life: Life, day: Day, people: Inhabitant[], supervisor: Inhabitant, hiring: boolean): void => {
  const { chance } = life
  for (const person of people) attend(life, day, person)
  const managers = people.filter(({ role }) => role === 'account-manager')
  if (!day.working && !managers.some(({ late }) => late)) return
  for (const asking of managers) {
    ask(life, day, asking, people, supervisor, hiring && day.working ? chance.whole(3, 6) : poisson(life, day.working ? 0.05 : 0.01))
    reset(life, day, asking, people, poisson(life, day.monday ? 0.6 : day.working ? 0.15 : 0.01))
    // A page left open over lunch, a request somebody else has answered.
    if (chance.happens(0.01))
      tell(life, day, chance.between(9, 17), 'attempt.refused', {
        byId: asking.id,
        structureId: asking.structureId,
        code: chance.happens(0.5) ? 'already-decided' : 'not-found',
      })
  }
  if (chance.happens(0.012)) {
    const leaver = chance.pick(people)
    tell(life, day, chance.between(9, 17), 'account.suspended', {
      byId: supervisor.id,
      accountId: leaver.id,
      structureId: leaver.structureId,
    })
  }
  if (chance.happens(0.0003)) {
    const about = {
      accountId: chance.pick(people).id,
      structureId: supervisor.structureId,
      role: 'account-manager' as const,
      byId: supervisor.id,
    }
    tell(life, day, 10, 'role.granted', about)
    if (chance.happens(0.1)) tell(life, day, 15, 'role.revoked', about)
  }
}

/** So many days of ordinary life: working hours, leavers, Monday rushes, a hiring wave, people who work late. */
export const ordinaryLife = (seed: number, size: number, dayCount: number): Life => {
  const life = found(seed, size, dayCount)
  const structures = [...life.structures]
  const supervisors = [...life.people.values()].filter(({ role }) => role === 'supervisor')
  const hiring = new Set(structures.filter(() => life.chance.happens(0.06)).map(([id]) => id))
  for (const day of life.days)
    structures.forEach(([id, people], index) => {
      const supervisor = supervisors[Math.floor(index / 20)] ?? supervisors[0]
      const wave = hiring.has(id) && day.index >= 35 && day.index < 40
      if (supervisor) run(life, day, people as Inhabitant[], supervisor, wave)
    })
  return life
}
