import { canonicalJson } from '../requests/canonical.ts'
import type { PolicyRule } from './rules.ts'

/** Places count from one: in the old list for what is removed or where it was moved `from`, in the new one for the rest. */
export type RuleChange = { readonly rule: PolicyRule; readonly place: number } & (
  | { readonly change: 'kept' | 'added' | 'removed' }
  | { readonly change: 'moved'; readonly from: number }
)

/** What is taken out in one place and put in at another, word for word, was moved. */
const withMoves = (changes: readonly RuleChange[]): readonly RuleChange[] => {
  const gone = changes.filter(({ change }) => change === 'removed')
  const moved = new Set<RuleChange>()
  const joined = changes.map((one): RuleChange => {
    const before = one.change === 'added' && gone.find((old) => !moved.has(old) && canonicalJson(old.rule) === canonicalJson(one.rule))
    if (!before) return one
    moved.add(before)
    return { rule: one.rule, place: one.place, change: 'moved', from: before.place }
  })
  return joined.filter((one) => !moved.has(one))
}

/** From one list of rules to another, in order: a longest common subsequence is kept, the rest is removed or added. */
export const differenceOf = (before: readonly PolicyRule[], after: readonly PolicyRule[]): readonly RuleChange[] => {
  const [one, other] = [before.map(canonicalJson), after.map(canonicalJson)]
  const longest = Array.from({ length: one.length + 1 }, () => Array.from({ length: other.length + 1 }, () => 0))
  const at = (i: number, j: number): number => longest[i]?.[j] ?? 0
  for (let i = one.length - 1; i >= 0; i -= 1)
    for (let j = other.length - 1; j >= 0; j -= 1)
      (longest[i] as number[])[j] = one[i] === other[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const changes: RuleChange[] = []
  let [i, j] = [0, 0]
  while (i < before.length || j < after.length) {
    const [old, fresh] = [before[i], after[j]]
    if (old && fresh && one[i] === other[j]) {
      changes.push({ rule: fresh, change: 'kept', place: j + 1 })
      i += 1
      j += 1
    } else if (old && (!fresh || at(i + 1, j) >= at(i, j + 1))) {
      changes.push({ rule: old, change: 'removed', place: i + 1 })
      i += 1
    } else if (fresh) {
      changes.push({ rule: fresh, change: 'added', place: j + 1 })
      j += 1
    }
  }
  return withMoves(changes)
}
