import { daysBetween, type Fact, type History, habitDays, hoursBetween, type Identity } from '@countersign/shared/signals/fact.ts'
import type { Finding, SignalRule } from '@countersign/shared/signals/finding.ts'
import { gather, observe, type Standing } from '@countersign/shared/signals/observe.ts'
import type { Inhabitant, Life, Lived } from './life.ts'
import { ordinaryLife } from './ordinary.ts'
import { plant, stories } from './stories.ts'

const placesOf = (facts: readonly Fact[]): History['creatorPlaces'] =>
  [
    ...Map.groupBy(
      facts.filter(({ type }) => type === 'session.opened'),
      ({ prefix, device }) => `${prefix} ${device}`,
    ).values(),
  ].map((all) => ({
    prefix: all[0]?.prefix ?? null,
    device: all[0]?.device ?? null,
    times: all.length,
  }))

/** Keeps what came before, as the database would: by person, by account, by structure. */
class Memory {
  private readonly by = new Map<string, Fact[]>()
  private readonly about = new Map<string, Fact[]>()
  private readonly inStructure = new Map<string, Fact[]>()
  private readonly users = new Map<string, Map<string, Date>>()
  private readonly standing = new Map<string, Standing[]>()
  private readonly people: Map<string, Inhabitant>
  private readonly glances: Map<string, Identity[]>

  constructor(people: Map<string, Inhabitant>) {
    this.people = people
    this.glances = Map.groupBy(
      [...people.values()].map(({ identity }) => identity),
      ({ familyName }) => familyName,
    )
  }

  private recent(all: Map<string, Fact[]>, key: string | null, at: Date): readonly Fact[] {
    const facts = key ? (all.get(key) ?? []) : []
    while (facts[0] && daysBetween(facts[0].at, at) > habitDays) facts.shift()
    return facts
  }

  history({ fact, asked }: Lived): History {
    const person = fact.byId ? this.people.get(fact.byId) : undefined
    const account = fact.accountId ? this.people.get(fact.accountId) : undefined
    const signingIn = fact.type === 'session.opened'
    const creator = signingIn && person?.creatorId ? this.recent(this.by, person.creatorId, fact.at) : []
    const users = this.users.get(`${fact.prefix} ${fact.device}`) ?? new Map<string, Date>()
    const sharing = signingIn && person?.creatorId
    return {
      by: this.recent(this.by, fact.byId, fact.at),
      about: fact.type === 'role.revoked' ? this.recent(this.about, fact.accountId, fact.at) : [],
      inStructure: fact.type === 'request.submitted' ? this.recent(this.inStructure, fact.structureId, fact.at) : [],
      bornAt: person?.bornAt ?? null,
      resetAt: person?.resetAt ?? null,
      lastSignInAt: person?.lastSignInAt ?? null,
      creatorPlaces: placesOf(creator),
      sharers: sharing
        ? [...users].filter(([id, at]) => id !== person?.id && id !== person?.creatorId && daysBetween(at, fact.at) < 30).length
        : 0,
      asked,
      namesakes: asked ? (this.glances.get(asked.familyName) ?? []) : [],
      canary: account?.canary === true || person?.canary === true,
    }
  }

  keep({ fact }: Lived): void {
    const put = (all: Map<string, Fact[]>, key: string | null) => {
      if (!key) return
      const facts = all.get(key)
      if (facts) facts.push(fact)
      else all.set(key, [fact])
    }
    put(this.by, fact.byId)
    if (fact.type === 'role.granted') put(this.about, fact.accountId)
    if (fact.type === 'request.submitted') put(this.inStructure, fact.structureId)
    if (fact.type === 'session.opened' && fact.byId) {
      const place = `${fact.prefix} ${fact.device}`
      this.users.set(place, (this.users.get(place) ?? new Map<string, Date>()).set(fact.byId, fact.at))
      const person = this.people.get(fact.byId)
      if (person) person.lastSignInAt = fact.at
    }
    const reset = fact.type === 'account.reset' && fact.accountId ? this.people.get(fact.accountId) : undefined
    if (reset) reset.resetAt = fact.at
  }

  /** The structure's own rule, over what stands there. */
  gathered(findings: readonly Finding[], at: Date): readonly Finding[] {
    return findings.flatMap((finding) => {
      if (!finding.structureId || !finding.accountId) return []
      const all = [...(this.standing.get(finding.structureId) ?? []).filter((one) => hoursBetween(one.at, at) < 48), { ...finding, at }]
      this.standing.set(finding.structureId, all)
      return gather(finding.structureId, all, at) ?? []
    })
  }
}

export type Report = {
  readonly personDays: number
  /** Minutes from the first hostile fact to the first finding about it; null where nothing was found. */
  readonly caught: Readonly<Record<string, { readonly minutes: number; readonly rules: readonly SignalRule[] } | null>>
  /** Findings about ordinary life, each person or structure once a day and rule, however often it recurs. */
  readonly falseAlarms: Readonly<Partial<Record<SignalRule, number>>>
}

type Raised = { readonly finding: Finding; readonly at: Date; readonly story: string | null; readonly culprits: ReadonlySet<string | null> }

const watch = (life: Life): readonly Raised[] => {
  const memory = new Memory(life.people)
  const raised: Raised[] = []
  const ordered = life.lived.toSorted((a, b) => a.fact.at.getTime() - b.fact.at.getTime())
  for (const lived of ordered) {
    const found = observe({ fact: lived.fact, history: memory.history(lived) })
    // Whoever did it, or the decoy, or the whole structure: a finding that blames somebody else has caught nobody.
    const culprits = new Set([lived.fact.byId, lived.fact.accountId, lived.fact.structureId])
    for (const finding of [...found, ...memory.gathered(found, lived.fact.at)])
      raised.push({ finding, at: lived.fact.at, story: lived.story, culprits })
    memory.keep(lived)
  }
  return raised
}

const reportOf = (life: Life, raised: readonly Raised[], size: number): Report => {
  const firstOf = new Map<string, Date>()
  for (const { fact, story } of life.lived) {
    const first = story ? firstOf.get(story) : undefined
    if (story && (!first || fact.at < first)) firstOf.set(story, fact.at)
  }
  const caught = Object.keys(stories).map((name) => {
    const found = raised.filter(({ story, finding, culprits }) => story === name && culprits.has(finding.accountId ?? finding.structureId))
    const [first] = found
    const began = firstOf.get(name)
    if (!first || !began) return [name, null] as const
    const rules = [...new Set(found.map(({ finding }) => finding.rule))]
    return [name, { minutes: Math.round(hoursBetween(began, first.at) * 60), rules }] as const
  })
  const alarms = new Set(
    raised
      .filter(({ story }) => story === null)
      .map(({ finding, at }) => `${finding.rule} ${finding.accountId ?? finding.structureId} ${at.toISOString().slice(0, 10)}`),
  )
  const falseAlarms: Partial<Record<SignalRule, number>> = {}
  for (const alarm of alarms) {
    const rule = alarm.split(' ')[0] as SignalRule
    falseAlarms[rule] = (falseAlarms[rule] ?? 0) + 1
  }
  return { personDays: size * life.days.length, caught: Object.fromEntries(caught), falseAlarms }
}

/** So many days of an invented network with twelve planted stories, watched by the rules. */
export const evaluate = (seed: number, size: number, days: number): Report => {
  const life = ordinaryLife(seed, size, days)
  plant(life)
  return reportOf(life, watch(life), size)
}
