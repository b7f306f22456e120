import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

export type Sorted<Sort> = { readonly by: Sort; readonly direction: 'asc' | 'desc' }

type Props<Sort> = {
  readonly label: string
  readonly by: Sort
  readonly sorted: Sorted<Sort> | undefined
  readonly second: Sorted<Sort> | undefined
  readonly onSort: (sorted: Sorted<Sort>) => void
  readonly onSecond: ((sorted: Sorted<Sort>) => void) | undefined
}

/** The header of a column one sorts by; with the shift key held, by which those are sorted that the first leaves together. */
export const SortHeader = <Sort extends string>({ label, by, sorted, second, onSort, onSecond }: Props<Sort>) => {
  const { t } = useTranslation()
  const active = [sorted, second].find((one) => one?.by === by)
  const isSecond = active !== undefined && active === second
  const Arrow = active?.direction === 'desc' ? IconArrowDown : IconArrowUp
  const said = isSecond ? (['accounts.thenUp', 'accounts.thenDown'] as const) : (['accounts.sortedUp', 'accounts.sortedDown'] as const)
  const next = { by, direction: active?.direction === 'asc' ? ('desc' as const) : ('asc' as const) }
  return (
    <button
      type="button"
      title={onSecond && sorted?.by !== by ? t('accounts.thenHint') : undefined}
      onClick={(event) => (event.shiftKey && onSecond && sorted?.by !== by ? onSecond(next) : onSort(next))}
    >
      {label}
      {active ? <Arrow size={14} aria-hidden="true" /> : null}
      {isSecond ? <small aria-hidden="true">2</small> : null}
      {active ? <span className="hidden">{t(active.direction === 'asc' ? said[0] : said[1])}</span> : null}
    </button>
  )
}
