import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

export type Column<Row, Sort extends string> = {
  readonly id: string
  readonly header: string
  readonly cell: (row: Row) => ReactNode
  readonly number?: boolean
  readonly sort?: Sort
  /** On a phone the cell is preceded by its header, unless it speaks for itself. */
  readonly plain?: boolean
  /** The header is for screen readers alone. */
  readonly silent?: boolean
}

type Sorted<Sort> = { readonly by: Sort; readonly direction: 'asc' | 'desc' }

type Props<Row, Sort extends string> = {
  readonly label: string
  readonly columns: readonly Column<Row, Sort>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  readonly sorted?: Sorted<Sort>
  readonly onSort?: (sorted: Sorted<Sort>) => void
  readonly struck?: (row: Row) => boolean
  readonly chosen?: (row: Row) => boolean
  /** The last column holds actions and stays in sight while the others scroll. */
  readonly acting?: boolean
}

/** The one table of the product: sticky header, hairlines, 40-pixel rows; cards on a phone. */
export const DataTable = <Row, Sort extends string = never>({
  label,
  columns,
  rows,
  keyOf,
  sorted,
  onSort,
  struck,
  chosen,
  acting = false,
}: Props<Row, Sort>) => {
  const { t } = useTranslation()
  const header = (column: Column<Row, Sort>) => {
    const by = column.sort
    if (column.silent) return <span className="hidden">{column.header}</span>
    if (!by || !onSort) return column.header
    const active = sorted?.by === by
    const Arrow = sorted?.direction === 'desc' ? IconArrowDown : IconArrowUp
    return (
      <button type="button" onClick={() => onSort({ by, direction: active && sorted.direction === 'asc' ? 'desc' : 'asc' })}>
        {column.header}
        {active ? <Arrow size={14} aria-hidden="true" /> : null}
        {active ? <span className="hidden">{sorted.direction === 'asc' ? t('accounts.sortedUp') : t('accounts.sortedDown')}</span> : null}
      </button>
    )
  }
  const ariaSort = (column: Column<Row, Sort>) =>
    column.sort && sorted?.by === column.sort ? (sorted.direction === 'asc' ? 'ascending' : 'descending') : undefined
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (axe scrollable-region-focusable)
    <section className="sheet" data-steady aria-label={label} tabIndex={0}>
      <table className={acting ? 'data acting' : 'data'}>
        <caption className="hidden">{label}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.id} scope="col" className={column.number ? 'number' : undefined} aria-sort={ariaSort(column)}>
                {header(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} className={struck?.(row) ? 'struck' : undefined} data-chosen={chosen?.(row) ? true : undefined}>
              {columns.map((column) => (
                <td key={column.id} className={column.number ? 'number' : undefined} data-label={column.plain ? undefined : column.header}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
