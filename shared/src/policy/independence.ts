/** `by` had a hand on `of`: asked for the account, invited, reset, named to a role, or changed its contact. */
export type Kinship = { readonly by: string; readonly of: string; readonly at: Date }

/**
 * Who could control a person: themselves and whoever had a hand on them since then, directly or through a chain.
 * Countersigning is not a hand: the content came from somebody else, and counting it would make any two people who once
 * did their work together dependent on each other for ever.
 */
export const controllersOf = (person: string, edges: readonly Kinship[], since: Date): ReadonlySet<string> => {
  const handsOn = Map.groupBy(edges, ({ of }) => of)
  const found = new Set([person])
  const open = [person]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { by, at } of handsOn.get(next) ?? []) {
      if (at >= since && !found.has(by)) {
        found.add(by)
        open.push(by)
      }
    }
  }
  return found
}

/** So many hands on the few people of one request are no network's ordinary life, and no more are looked at. */
export const mostHands = 10_000

/** Where there are more hands than are looked at, nobody counts as independent: each of these could control the next. */
export const allTied = (people: readonly string[], at: Date): readonly Kinship[] => people.map((of) => ({ by: people[0] ?? of, of, at }))

/** Two people are related when some one person could control both (P2). Symmetric; grows with edges; shrinks with time. */
export const related = (a: string, b: string, edges: readonly Kinship[], since: Date): boolean => {
  const controllers = controllersOf(a, edges, since)
  for (const one of controllersOf(b, edges, since)) if (controllers.has(one)) return true
  return false
}
