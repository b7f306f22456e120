import { useMediaQuery } from '@mantine/hooks'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { type RefObject, useEffect, useLayoutEffect, useState } from 'react'

/** Fewer than this a browser lays out without being noticed. */
const worthIt = 120

export type InSight<Row> = {
  readonly rows: readonly { readonly row: Row; readonly index: number }[]
  /** Height of what is left out above and below, in pixels. */
  readonly above: number
  readonly below: number
  readonly measure: ((element: HTMLElement | null) => void) | undefined
}

type Growing = { readonly more: boolean; readonly fetching: boolean; readonly fetch: () => void }

/**
 * The rows of a long list that are in sight, and a few more: ten thousand cost what fifty do. Fetches the next page before its end is
 * reached. On a phone, where rows are cards of any height, all of them are laid out.
 */
export const useRowsInSight = <Row>(
  rows: readonly Row[],
  body: RefObject<HTMLElement | null>,
  growing: Growing | undefined,
  height: number,
): InSight<Row> => {
  const wide = useMediaQuery('(min-width: 640px)', true, { getInitialValueInEffect: false })
  const enabled = wide && rows.length > worthIt
  const [top, setTop] = useState(0)
  // What stands above the table may come and go with every answer.
  useLayoutEffect(() => {
    const now = (body.current?.getBoundingClientRect().top ?? 0) + window.scrollY
    if (Math.abs(now - top) > 1) setTop(now)
  })
  const virtual = useWindowVirtualizer({ count: rows.length, estimateSize: () => height, overscan: 20, scrollMargin: top, enabled })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (enabled && growing?.more && !growing.fetching && last > rows.length - 30) growing.fetch()
  }, [enabled, growing, last, rows.length])
  if (!enabled) return { rows: rows.map((row, index) => ({ row, index })), above: 0, below: 0, measure: undefined }
  const first = items[0]
  const end = items.at(-1)
  return {
    rows: items.flatMap(({ index }) => {
      const row = rows[index]
      return row === undefined ? [] : [{ row, index }]
    }),
    above: first ? first.start - top : 0,
    below: end ? virtual.getTotalSize() - (end.end - top) : 0,
    measure: virtual.measureElement,
  }
}
