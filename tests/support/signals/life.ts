import { isOffHours } from '@countersign/server/features/requests/working-hours.ts'
import type { Fact, Identity, WatchedType } from '@countersign/shared/signals/fact.ts'
import { type Chance, chanceOf } from './chance.ts'

/** Somebody of the invented network, with the habits that make them unlike the next. */
export type Inhabitant = {
  readonly id: string
  readonly structureId: string
  readonly identity: Identity
  readonly role: 'agent' | 'account-manager' | 'supervisor'
  readonly office: string
  readonly mobile: string
  readonly device: string
  /** Works in the evening as a matter of course. */
  readonly late: boolean
  /** Signs in every other month at most. */
  readonly seldom: boolean
  bornAt: Date | null
  creatorId: string | null
  lastSignInAt: Date | null
  resetAt: Date | null
  canary: boolean
}

/** A fact, and what is known of whoever a request asks for. */
export type Lived = { readonly fact: Fact; readonly asked: Identity | null; readonly story: string | null }

export type Life = {
  readonly chance: Chance
  readonly days: readonly Day[]
  readonly people: Map<string, Inhabitant>
  readonly structures: ReadonlyMap<string, readonly Inhabitant[]>
  readonly lived: Lived[]
}

/** A day of the calendar: its midnight in France, and whether people work. */
export type Day = { readonly index: number; readonly midnight: number; readonly working: boolean; readonly monday: boolean }

/** A Monday in winter, at midnight in France. */
const begin = Date.UTC(2026, 0, 4, 23)
const dayMilliseconds = 86_400_000

const calendar = (count: number): readonly Day[] =>
  Array.from({ length: count }, (_, index) => {
    const midnight = begin + index * dayMilliseconds
    return { index, midnight, working: !isOffHours(new Date(midnight + dayMilliseconds / 2)), monday: index % 7 === 0 }
  })

/** That hour of that day; before 07:00, after 20:00 and on days without work nobody is expected (DOMAIN, section 4). */
export const moment = ({ midnight }: Day, hours: number): Date => new Date(Math.round(midnight + hours * 3_600_000))
const isOff = ({ working }: Day, hours: number): boolean => !working || hours < 7 || hours >= 20

const browsers = ['Firefox 134', 'Firefox 128 ESR', 'Chrome 131', 'Edge 131', 'Edge 130'] as const

let number = 0
const fresh = (kind: string): string => {
  number += 1
  return `${kind}-${number}`
}

type Told = Partial<Pick<Fact, 'byId' | 'accountId' | 'structureId' | 'prefix' | 'device' | 'kind' | 'code' | 'role' | 'bulk'>>

/** Writes one fact down. */
export const tell = (
  life: Life,
  day: Day,
  hours: number,
  type: WatchedType,
  told: Told,
  more: { readonly asked?: Identity; readonly story?: string } = {},
): Fact => {
  const fact: Fact = {
    ...{ id: fresh('fact'), at: moment(day, hours), type, byId: null, accountId: null, structureId: null, prefix: null, device: null },
    ...{ offHours: isOff(day, hours), kind: null, code: null, operation: null, role: null, bulk: false },
    ...told,
  }
  life.lived.push({ fact, asked: more.asked ?? null, story: more.story ?? null })
  return fact
}

const names = ['martin', 'bernard', 'petit', 'robert', 'durand', 'leroy', 'moreau', 'simon', 'laurent', 'michel', 'garcia', 'david', 'roux']
const given = [
  'marie',
  'paul',
  'nadia',
  'karim',
  'sophie',
  'jean',
  'amina',
  'lucas',
  'emma',
  'hugo',
  'lea',
  'yanis',
  'ines',
  'tom',
  'sarah',
]

export const born = (
  life: Life,
  structureId: string,
  habits: Pick<Inhabitant, 'role' | 'office'> & Partial<Pick<Inhabitant, 'bornAt' | 'creatorId'>>,
): Inhabitant => {
  const { chance } = life
  const id = fresh('person')
  const [givenName, familyName] = [chance.pick(given), `${chance.pick(names)}${chance.whole(0, 4000)}`]
  const person: Inhabitant = {
    ...{ id, structureId, identity: { id, givenName, familyName, login: `${givenName}.${familyName}`, structureId } },
    ...{ mobile: `10.${chance.whole(0, 3)}.0.0/16`, device: chance.pick(browsers) },
    ...{ late: chance.happens(0.02), seldom: chance.happens(0.015) },
    ...{ bornAt: null, creatorId: null, lastSignInAt: null, resetAt: null, canary: false },
    ...habits,
  }
  // Back from a long leave some day: they were last seen before all of this began.
  if (person.seldom && !person.bornAt) person.lastSignInAt = new Date(begin - chance.between(0, 150) * dayMilliseconds)
  life.people.set(id, person)
  return person
}

/** Signs in, with a slip of the fingers before it now and then: more of them on Mondays. */
export const signIn = (
  life: Life,
  day: Day,
  hours: number,
  person: Inhabitant,
  from: Partial<Pick<Fact, 'prefix' | 'device'>> & { readonly failures?: number; readonly story?: string } = {},
): Fact => {
  const { failures = 0, story, ...place } = from
  const at = { prefix: person.office, device: person.device, structureId: person.structureId, ...place }
  const more = story ? { story } : {}
  for (let index = failures; index > 0; index -= 1)
    tell(life, day, hours - index / 90, 'sign-in.failed', { ...at, byId: person.id, accountId: person.id }, more)
  return tell(life, day, hours, 'session.opened', { ...at, byId: person.id, accountId: person.id }, more)
}

/** An ordinary network of so many people, before anything has happened in it. */
export const found = (seed: number, size: number, dayCount: number): Life => {
  const chance = chanceOf(seed)
  const structures = new Map<string, Inhabitant[]>()
  const life: Life = { chance, days: calendar(dayCount), people: new Map(), structures, lived: [] }
  while (life.people.size < size) {
    const structureId = fresh('structure')
    const office = `${chance.whole(30, 95)}.${chance.whole(0, 255)}.0.0/16`
    const staff = chance.whole(6, 55)
    const people = Array.from({ length: staff }, (_, index) =>
      born(life, structureId, { office, role: index === 0 || (index === 1 && staff > 25) ? 'account-manager' : 'agent' }),
    )
    // Somebody signs for about twenty structures; they sit in one of them.
    if (structures.size % 20 === 0) people.push(born(life, structureId, { office, role: 'supervisor' }))
    structures.set(structureId, people)
  }
  return life
}
