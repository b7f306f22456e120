import i18next from 'i18next'
import { type CSSProperties, type ReactNode, useRef } from 'react'
import { tellLast } from '../lib/toast.ts'
import { ColumnEdge } from './column-edge.tsx'
import { useCopyCell } from './copy-cell.ts'
import { useRowsInSight } from './rows-in-sight.ts'
import { type Sorted, SortHeader } from './sort-header.tsx'
import { useHeaderInSight } from './use-header-in-sight.ts'

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

const copied = (text: string) => tellLast(i18next.t('table.copied'), text)

type Props<Row, Sort extends string> = {
  readonly label: string
  readonly columns: readonly Column<Row, Sort>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  readonly sorted?: Sorted<Sort>
  readonly onSort?: (sorted: Sorted<Sort>) => void
  /** What orders those the first key leaves together, chosen with the shift key held. */
  readonly second?: Sorted<Sort>
  readonly onSecond?: (sorted: Sorted<Sort>) => void
  readonly struck?: (row: Row) => boolean
  readonly chosen?: (row: Row) => boolean
  /** The last column holds actions and stays in sight while the others scroll. */
  readonly acting?: boolean
  readonly dense?: boolean
  /** Columns of a width somebody has chosen, in pixels, and how they choose it. */
  readonly widths?: Readonly<Record<string, number>>
  readonly setWidth?: (id: string, width: number | null) => void
  /** Where the list goes on: its next page is fetched before its end is in sight. */
  readonly growing?: { readonly more: boolean; readonly fetching: boolean; readonly fetch: () => void }
}

/** The one table of the product: sticky header, hairlines, 40-pixel rows; cards on a phone. */
export const DataTable = <Row, Sort extends string = never>({
  label,
  columns,
  rows,
  keyOf,
  sorted,
  onSort,
  second,
  onSecond,
  struck,
  chosen,
  acting = false,
  dense = false,
  widths = {},
  setWidth,
  growing,
}: Props<Row, Sort>) => {
  const body = useRef<HTMLTableSectionElement>(null)
  const sheet = useRef<HTMLElement>(null)
  useCopyCell(body, copied)
  useHeaderInSight(sheet)
  const sight = useRowsInSight(rows, body, growing, dense ? 32 : 44)
  const header = (column: Column<Row, Sort>) => {
    const by = column.sort
    if (column.silent) return <span className="hidden">{column.header}</span>
    if (!by || !onSort) return column.header
    return <SortHeader label={column.header} by={by} sorted={sorted} second={second} onSort={onSort} onSecond={onSecond} />
  }
  const ariaSort = (column: Column<Row, Sort>) =>
    column.sort && sorted?.by === column.sort ? (sorted.direction === 'asc' ? 'ascending' : 'descending') : undefined
  const classOf = ({ id, number }: Column<Row, Sort>) => [number && 'number', widths[id] && 'sized'].filter(Boolean).join(' ') || undefined
  const styleOf = ({ id }: Column<Row, Sort>) => (widths[id] ? ({ '--width': `${widths[id]}px` } as CSSProperties) : undefined)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (axe scrollable-region-focusable)
    <section ref={sheet} className="sheet" data-steady aria-label={label} tabIndex={0}>
      <table
        className={['data', acting && 'acting', dense && 'dense'].filter(Boolean).join(' ')}
        aria-rowcount={growing?.more ? -1 : rows.length + 1}
      >
        <caption className="hidden">{label}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.id}
                data-column={column.id}
                scope="col"
                className={classOf(column)}
                style={styleOf(column)}
                aria-sort={ariaSort(column)}
              >
                {header(column)}
                {setWidth && !column.silent ? <ColumnEdge setWidth={(width) => setWidth(column.id, width)} /> : null}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {sight.above > 0 ? (
            <tr className="unseen" style={{ height: sight.above }}>
              <td colSpan={columns.length} />
            </tr>
          ) : null}
          {sight.rows.map(({ row, index }) => (
            <tr
              key={keyOf(row)}
              ref={sight.measure}
              data-index={index}
              aria-rowindex={index + 2}
              className={struck?.(row) ? 'struck' : undefined}
              data-chosen={chosen?.(row) ? true : undefined}
            >
              {columns.map((column) => (
                <td
                  key={column.id}
                  className={classOf(column)}
                  style={styleOf(column)}
                  data-label={column.plain ? undefined : column.header}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
          {sight.below > 0 ? (
            <tr className="unseen" style={{ height: sight.below }}>
              <td colSpan={columns.length} />
            </tr>
          ) : null}
        </tbody>
      </table>
    </section>
  )
}
