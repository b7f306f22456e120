import { useLocalStorage } from '@mantine/hooks'

/** How somebody likes to read a table; kept in the browser, by table. */
export type TableView = {
  readonly hidden: readonly string[]
  readonly dense: boolean
  /** All columns in the order they were put in; empty where none was moved. One that came later stands last. */
  readonly order: readonly string[]
  /** In pixels; a column that is not named here is as wide as it needs. */
  readonly widths: Readonly<Record<string, number>>
}

const asItComes: TableView = { hidden: [], dense: false, order: [], widths: {} }
export const narrowest = 72
const widest = 640
/** One press of a key. */
export const widthStep = 24

type Named = { readonly id: string }

export const useTableView = (table: string) => {
  const [kept, setView] = useLocalStorage<Partial<TableView>>({
    key: `table:${table}`,
    defaultValue: asItComes,
    getInitialValueInEffect: false,
  })
  const view: TableView = { ...asItComes, ...kept }
  const arrange = <C extends Named>(columns: readonly C[]): readonly C[] => {
    const moved = view.order.flatMap((id) => columns.find((column) => column.id === id) ?? [])
    return view.order.length === 0 ? columns : [...moved, ...columns.filter((column) => !moved.includes(column))]
  }
  return {
    ...view,
    arrange,
    shows: (id: string): boolean => !view.hidden.includes(id),
    toggle: (id: string) =>
      setView({ ...view, hidden: view.hidden.includes(id) ? view.hidden.filter((one) => one !== id) : [...view.hidden, id] }),
    /** One place to the left or to the right among these columns. */
    move: (columns: readonly Named[], id: string, by: -1 | 1) => {
      const order = arrange(columns).map((column) => column.id)
      const [from, to] = [order.indexOf(id), order.indexOf(id) + by]
      const other = order[to]
      if (from < 0 || other === undefined) return
      setView({ ...view, order: order.with(from, other).with(to, id) })
    },
    /** Null lets it be as wide as it needs again. */
    setWidth: (id: string, width: number | null) => {
      const { [id]: _before, ...widths } = view.widths
      setView({ ...view, widths: width === null ? widths : { ...widths, [id]: Math.round(Math.min(widest, Math.max(narrowest, width))) } })
    },
    setDense: (dense: boolean) => setView({ ...view, dense }),
    hide: (hidden: readonly string[]) => setView({ ...view, hidden }),
    reset: () => setView(asItComes),
    untouched: view.hidden.length === 0 && !view.dense && view.order.length === 0 && Object.keys(view.widths).length === 0,
  }
}
