import { type Actor, type Scope, scopeOf } from '@countersign/shared/access/scope.ts'
import { type Cascade, cascadeOf, grow, mostReached, type Touch } from '@countersign/shared/cascade/cascade.ts'
import type { Db, Tx } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { cascades } from './cascade.store.ts'

/** Deeds of deeds of deeds: so many generations are asked for; lineage seldom has three within a month. */
const generations = 12

/** Follows the lineage from a suspect, generation by generation, to everybody the suspicion reaches; then who shares a machine with them. */
export const follow = async (
  db: Db | Tx,
  scope: Scope,
  suspectId: string,
  since: Date,
): Promise<{ readonly cascade: Cascade; readonly cut: boolean }> => {
  let cascade = cascadeOf(suspectId, since)
  let frontier = [...cascade.values()]
  let cut = false
  const take = (touches: readonly Touch[]) => {
    const grown = grow(cascade, touches)
    cascade = grown.cascade
    cut ||= grown.cut
    return grown.frontier
  }
  for (let generation = 0; generation < generations && frontier.length > 0; generation += 1)
    frontier = [...take(await cascades.hands(db, scope, frontier))]
  cut ||= frontier.length > 0
  if (cascade.size <= mostReached) take(await cascades.neighbours(db, scope, [...cascade.values()]))
  return { cascade, cut }
}

/** What else did this account touch since then, and what did those touch: each with its reasons, its reach and its last use. */
export const trace = async (db: Db, actor: Actor, suspectId: string, since: Date) => {
  const scope = scopeOf(actor, 'account:suspend')
  if (!(await cascades.sees(db, scope, suspectId))) throw new Refused('not-found', suspectId)
  const { cascade, cut } = await follow(db, scope, suspectId, since)
  const facts = await cascades.facts(db, [...cascade.keys()])
  const nodes = [...cascade.values()].flatMap(({ since: from, reasons, ...reached }) => {
    const known = facts.get(reached.id)
    return known
      ? [
          {
            ...known,
            ...reached,
            since: from.toISOString(),
            reasons: reasons.map(({ by, kind, at, requestId }) => ({ by, kind, requestId, at: at.toISOString() })),
          },
        ]
      : []
  })
  return { nodes, cut }
}
