import { type KeyboardEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { BranchLine } from './branch-line.tsx'
import { type Branch, branchesOf, type Node } from './tree.ts'

type Props = {
  readonly nodes: readonly Node[]
  readonly words: string
  readonly ticked: ReadonlySet<string>
  readonly tick: (ids: readonly string[], on: boolean) => void
}

/** The cascade as a tree: arrows walk and fold, the space bar ticks, as in any file manager. */
export const CascadeTree = ({ nodes, words, ticked, tick }: Props) => {
  const { t } = useTranslation()
  const root = useRef<HTMLDivElement>(null)
  const [folds, setFolds] = useState<ReadonlyMap<string, boolean>>(new Map())
  const [focused, setFocused] = useState<string | null>(null)
  const open = (key: string, byDefault: boolean) => folds.get(key) ?? byDefault
  const branches = branchesOf(nodes, { open, words })
  const names = new Map(nodes.map(({ id, name }) => [id, name]))
  const isOpen = (branch: Branch) => open(branch.key, branch.type === 'account' || words !== '')
  const fold = (branch: Branch, to: boolean) => setFolds((before) => new Map([...before, [branch.key, to]]))
  const current = branches.some(({ key }) => key === focused) ? focused : (branches[0]?.key ?? null)
  const go = (branch: Branch | undefined) => {
    if (!branch) return
    setFocused(branch.key)
    root.current?.querySelector<HTMLElement>(`[data-key="${branch.key}"]`)?.focus()
  }
  const press = (event: KeyboardEvent) => {
    const index = branches.findIndex(({ key }) => key === current)
    const branch = branches[index]
    if (!branch || !(event.target instanceof HTMLElement) || event.target.getAttribute('role') !== 'treeitem') return
    const members = branch.type === 'account' ? [branch.node] : branch.nodes
    const parent = branches.slice(0, index).findLast(({ depth }) => depth < branch.depth)
    const keys: Record<string, () => void> = {
      ArrowDown: () => go(branches[index + 1]),
      ArrowUp: () => go(branches[index - 1]),
      Home: () => go(branches[0]),
      End: () => go(branches.at(-1)),
      ArrowRight: () => (branch.children > 0 && !isOpen(branch) ? fold(branch, true) : go(branches[index + 1])),
      ArrowLeft: () => (branch.children > 0 && isOpen(branch) ? fold(branch, false) : go(parent)),
      ' ': () =>
        tick(
          members.map(({ id }) => id),
          !members.every(({ id }) => ticked.has(id)),
        ),
    }
    const act = keys[event.key]
    if (!act) return
    event.preventDefault()
    act()
  }
  return (
    <div className="card tree" role="tree" aria-label={t('cascade.tree')} aria-multiselectable="true" ref={root} onKeyDown={press}>
      {branches.map((branch) => (
        <BranchLine
          key={branch.key}
          branch={branch}
          open={isOpen(branch)}
          focused={branch.key === current}
          ticked={(id) => ticked.has(id)}
          nameOf={(id) => names.get(id) ?? ''}
          tick={tick}
          fold={(to) => fold(branch, to)}
          focus={() => setFocused(branch.key)}
        />
      ))}
    </div>
  )
}
