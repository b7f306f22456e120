import { canonicalJson } from '../requests/canonical.ts'
import type { PolicyRule } from './rules.ts'

export type RuleChange = { readonly rule: PolicyRule; readonly change: 'kept' | 'added' | 'removed' }

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
      changes.push({ rule: fresh, change: 'kept' })
      i += 1
      j += 1
    } else if (old && (!fresh || at(i + 1, j) >= at(i, j + 1))) {
      changes.push({ rule: old, change: 'removed' })
      i += 1
    } else if (fresh) {
      changes.push({ rule: fresh, change: 'added' })
      j += 1
    }
  }
  return changes
}
