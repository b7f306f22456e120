import { createHash } from 'node:crypto'

/** SHA-256, 32 bytes. */
export type Hash = Buffer

/** The hash of a leaf (RFC 6962, section 2.1): prefixed, so that no leaf can be taken for a node. A text is read as UTF-8. */
export const leafHash = (leaf: string | Buffer): Hash => createHash('sha256').update('\0').update(leaf).digest()

/** The hash of two subtrees side by side. */
export const nodeHash = (left: Hash, right: Hash): Hash => createHash('sha256').update('\x01').update(left).update(right).digest()

/** The root of a tree without leaves. */
export const emptyRoot: Hash = createHash('sha256').digest()

/** A complete subtree: of 2^level leaves, the so-manieth of its kind from the left, both from 0. What it hashes to never changes again. */
export type Subtree = { readonly level: number; readonly index: number }

/** Leaves from the first, included, to the second, not included. */
export type Range = readonly [from: number, to: number]

/** How often this can be halved: the level of the largest complete subtree in so many leaves. Counted, because logarithms round. */
const levelOf = (count: number): number => {
  let level = 0
  for (let leaves = 2; leaves <= count; leaves *= 2) level += 1
  return level
}

/** The largest power of two that is smaller than this: where RFC 6962 splits a tree of so many leaves. */
const splitOf = (count: number): number => 2 ** levelOf(count - 1)

/** The complete subtrees a range that RFC 6962 names is made of, from the left, largest first. */
export const subtreesOf = ([from, to]: Range): readonly Subtree[] => {
  const found: Subtree[] = []
  for (let at = from; at < to; ) {
    const level = levelOf(to - at)
    found.push({ level, index: at / 2 ** level })
    at += 2 ** level
  }
  return found
}

/** The hash of a range from those of its subtrees. */
export const joined = (hashes: readonly Hash[]): Hash =>
  hashes.length === 0 ? emptyRoot : hashes.reduceRight((right, left) => nodeHash(left, right))

export type Grown = { readonly subtree: Subtree; readonly hash: Hash }

/**
 * Adds leaves to a tree of which the subtrees of its right edge are known: every subtree of two leaves or more that becomes complete,
 * and the new right edge.
 */
export const grow = (
  size: number,
  edge: readonly Hash[],
  leaves: readonly Hash[],
): { readonly made: readonly Grown[]; readonly edge: readonly Hash[] } => {
  const made: Grown[] = []
  const stack = [...edge]
  leaves.forEach((leaf, offset) => {
    let hash = leaf
    let index = size + offset
    for (let level = 0; index % 2 === 1; ) {
      hash = nodeHash(stack.pop() ?? emptyRoot, hash)
      index = (index - 1) / 2
      level += 1
      made.push({ subtree: { level, index }, hash })
    }
    stack.push(hash)
  })
  return { made, edge: stack }
}

/** The ranges whose hashes prove that a leaf stands at this position in a tree of this size, from the leaf upwards. */
export const inclusionRanges = (position: number, [from, to]: Range): readonly Range[] => {
  if (to - from === 1) return []
  const middle = from + splitOf(to - from)
  return position < middle
    ? [...inclusionRanges(position, [from, middle]), [middle, to]]
    : [...inclusionRanges(position, [middle, to]), [from, middle]]
}

/** The ranges whose hashes prove that the tree of the first size is the beginning of the tree of the second (RFC 6962, section 2.1.2). */
export const consistencyRanges = (first: number, second: number): readonly Range[] => {
  const within = ([from, to]: Range, whole: boolean): readonly Range[] => {
    if (first === to) return whole ? [] : [[from, to]]
    const middle = from + splitOf(to - from)
    return first <= middle ? [...within([from, middle], whole), [middle, to]] : [...within([middle, to], false), [from, middle]]
  }
  return first === 0 || first === second ? [] : within([0, second], true)
}

const half = (number: number): number => Math.floor(number / 2)

/**
 * On which side the next hash of a proof stands, from this node up to the root, where `last` is the last node of its level (RFC 9162,
 * sections 2.1.3.2 and 2.1.4.2). Null where a proof of so many hashes is too long or too short.
 */
const sides = (node: number, last: number, hashes: number): readonly ('left' | 'right')[] | null => {
  const found: ('left' | 'right')[] = []
  for (let [at, end] = [node, last]; end > 0 || found.length < hashes; [at, end] = [half(at), half(end)]) {
    if (end === 0 || found.length === hashes) return null
    const left = at % 2 === 1 || at === end
    found.push(left ? 'left' : 'right')
    while (left && at % 2 === 0 && at !== 0) [at, end] = [at / 2, half(end)]
  }
  return found
}

/** The root that a leaf at this position and these hashes lead to; null where they are too few or too many. */
export const rootByInclusion = (leaf: Hash, position: number, size: number, proof: readonly Hash[]): Hash | null => {
  const way = position < size ? sides(position, size - 1, proof.length) : null
  return way && proof.reduce((hash, other, step) => (way[step] === 'left' ? nodeHash(other, hash) : nodeHash(hash, other)), leaf)
}

type Head = { readonly size: number; readonly root: Hash }

/** Whether the second tree begins with the first one. */
export const isConsistent = (first: Head, second: Head, proof: readonly Hash[]): boolean => {
  if (first.size === second.size) return proof.length === 0 && first.root.equals(second.root)
  if (first.size === 0) return proof.length === 0 && first.root.equals(emptyRoot)
  if (first.size > second.size) return false
  const [start, ...others] = 2 ** levelOf(first.size) === first.size ? [first.root, ...proof] : proof
  let [at, last] = [first.size - 1, second.size - 1]
  while (at % 2 === 1) [at, last] = [half(at), half(last)]
  const way = sides(at, last, others.length)
  if (!start || !way) return false
  const older = others.reduce((hash, other, step) => (way[step] === 'left' ? nodeHash(other, hash) : hash), start)
  const newer = others.reduce((hash, other, step) => (way[step] === 'left' ? nodeHash(other, hash) : nodeHash(hash, other)), start)
  return older.equals(first.root) && newer.equals(second.root)
}
