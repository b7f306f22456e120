import { Checkbox } from '@mantine/core'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { count } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { AccountState } from '../../ui/state.tsx'
import { When } from '../../ui/when.tsx'
import type { Branch, Node } from './tree.ts'

type Props = {
  readonly branch: Branch
  readonly open: boolean
  readonly focused: boolean
  readonly ticked: (id: string) => boolean
  readonly nameOf: (id: string) => string
  readonly tick: (ids: readonly string[], on: boolean) => void
  readonly fold: (open: boolean) => void
  readonly focus: () => void
}

/** Why an account is here, in words: each reason with who and when. */
const Reasons = ({ node, nameOf }: { node: Node; nameOf: (id: string) => string }) => {
  const { t } = useTranslation()
  if (node.parentId === null) return <span className="under">{t('cascade.suspect')}</span>
  return (
    <span className="under">
      {node.reasons.slice(0, 3).map(({ by, kind, at }, index) => (
        <span key={`${by}${kind}${at}`}>
          {index > 0 ? ' ; ' : ''}
          {t('cascade.by', { kind: t(`cascade.kind.${kind}`), name: nameOf(by) })} · <When at={at} />
        </span>
      ))}
      {node.reasons.length > 3 ? ' ; …' : ''}
    </span>
  )
}

/** One line of the tree: tick, fold, who, why, and what they could reach. */
export const BranchLine = ({ branch, open, focused, ticked, nameOf, tick, fold, focus }: Props) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const members = branch.type === 'account' ? [branch.node] : branch.nodes
  const ticks = members.filter(({ id }) => ticked(id)).length
  const label =
    branch.type === 'account'
      ? branch.node.name
      : t('cascade.group', { kind: t(`cascade.kind.${branch.kind}`), count: branch.nodes.length })
  return (
    <div
      role="treeitem"
      aria-level={branch.depth + 1}
      aria-expanded={branch.children > 0 ? open : undefined}
      aria-selected={ticks === members.length}
      tabIndex={focused ? 0 : -1}
      data-key={branch.key}
      className="branch"
      style={{ paddingLeft: 8 + branch.depth * 22 }}
      onFocus={focus}
    >
      <button
        type="button"
        className="fold"
        tabIndex={-1}
        aria-label={t(open ? 'cascade.collapse' : 'cascade.expand')}
        style={{ visibility: branch.children > 0 ? 'visible' : 'hidden' }}
        onClick={() => fold(!open)}
      >
        {open ? <IconChevronDown size={16} aria-hidden="true" /> : <IconChevronRight size={16} aria-hidden="true" />}
      </button>
      <Checkbox
        size="xs"
        tabIndex={-1}
        checked={ticks > 0 && ticks === members.length}
        indeterminate={ticks > 0 && ticks < members.length}
        onChange={(event) =>
          tick(
            members.map(({ id }) => id),
            event.currentTarget.checked,
          )
        }
        aria-label={t('accounts.selectNamed', { name: label })}
      />
      {branch.type === 'group' ? (
        <span className="strong">{label}</span>
      ) : (
        <>
          <div className="two grows">
            <Link to="/accounts/$accountId" params={{ accountId: branch.node.id }} tabIndex={-1}>
              {branch.node.name}
            </Link>
            <Reasons node={branch.node} nameOf={nameOf} />
          </div>
          <div className="two at-end">
            <AccountState status={branch.node.status} />
            <span className="under">{branch.node.place}</span>
          </div>
          <div className="two at-end number">
            <span>
              {count(branch.node.files, language)} <span className="soft small">{t('cascade.files')}</span>
            </span>
            <span className="under">
              {branch.node.lastSignInAt ? (
                <>
                  {t('cascade.lastUse')} <When at={branch.node.lastSignInAt} />
                </>
              ) : (
                t('cascade.unused')
              )}
            </span>
          </div>
        </>
      )}
    </div>
  )
}
