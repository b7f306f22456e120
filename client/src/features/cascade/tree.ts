import { filesWithin, isHand, type TouchKind } from '@countersign/shared/cascade/cascade.ts'
import type { Outputs } from '../../lib/trpc.ts'

export type Node = Outputs['cascade']['trace']['nodes'][number]

/** One line of the tree as it is shown: an account, or the accounts one account touched in one way, folded together. */
export type Branch =
  | { readonly type: 'account'; readonly key: string; readonly depth: number; readonly node: Node; readonly children: number }
  | {
      readonly type: 'group'
      readonly key: string
      readonly depth: number
      readonly kind: TouchKind
      readonly nodes: readonly Node[]
      readonly children: number
    }

/** So many of one kind under one account are folded into one line until they are asked for. */
const folded = 5

/** The first reason is why an account stands where it stands. */
const kindOf = ({ reasons, parentId }: Node): TouchKind => reasons.find(({ by }) => by === parentId)?.kind ?? reasons[0]?.kind ?? 'asked'

/** Is this account among those one looks for? */
export const matches = (node: Node, words: string): boolean =>
  words === '' || `${node.name} ${node.login} ${node.place}`.toLowerCase().includes(words.toLowerCase())

/** The lines in sight: what is folded away is left out, and where one looks for words only what leads to them is left. */
export const branchesOf = (
  nodes: readonly Node[],
  { open, words }: { open: (key: string, byDefault: boolean) => boolean; words: string },
): readonly Branch[] => {
  const below = Map.groupBy(nodes, ({ parentId }) => parentId)
  const held = new Map<string, boolean>()
  const holds = (node: Node): boolean => {
    const known = held.get(node.id)
    if (known !== undefined) return known
    const found = matches(node, words) || (below.get(node.id) ?? []).some(holds)
    held.set(node.id, found)
    return found
  }
  const account = (node: Node, depth: number): readonly Branch[] => {
    const children = (below.get(node.id) ?? []).filter(holds)
    const key = node.id
    const line: Branch = { type: 'account', key, depth, node, children: children.length }
    if (children.length === 0 || !open(key, true)) return [line]
    const groups = [...Map.groupBy(children, kindOf)]
    return [line, ...groups.flatMap(([kind, members]) => group(node.id, kind, members, depth + 1))]
  }
  const group = (parentId: string, kind: TouchKind, members: readonly Node[], depth: number): readonly Branch[] => {
    if (members.length <= folded) return members.flatMap((node) => account(node, depth))
    const key = `${parentId}:${kind}`
    const line: Branch = { type: 'group', key, depth, kind, nodes: members, children: members.length }
    return open(key, words !== '') ? [line, ...members.flatMap((node) => account(node, depth + 1))] : [line]
  }
  return (below.get(null) ?? []).filter(holds).flatMap((node) => account(node, 0))
}

/** Whom the suspicion rests upon before anybody has looked: the suspect, and whoever it had a hand in and is not out already. */
export const tickedAtFirst = (nodes: readonly Node[]): ReadonlySet<string> =>
  new Set(
    nodes
      .filter(({ parentId, reasons, status }) => status === 'active' && (parentId === null || reasons.some(({ kind }) => isHand(kind))))
      .map(({ id }) => id),
  )

/** What would end, added up; files once, however many accounts reach them. */
export const totalsOf = (nodes: readonly Node[]) => ({
  accounts: nodes.length,
  sessions: nodes.reduce((sum, { sessions }) => sum + sessions, 0),
  links: nodes.reduce((sum, { links }) => sum + links, 0),
  pending: nodes.reduce((sum, { pending }) => sum + pending, 0),
  files: filesWithin(nodes.filter(({ status }) => status === 'active')),
})
