import { useLocalStorage } from '@mantine/hooks'

/** How somebody likes to read a table; kept in the browser, by table. */
export type TableView = { readonly hidden: readonly string[]; readonly dense: boolean }

const asItComes: TableView = { hidden: [], dense: false }

export const useTableView = (table: string) => {
  const [view, setView] = useLocalStorage<TableView>({ key: `table:${table}`, defaultValue: asItComes, getInitialValueInEffect: false })
  return {
    ...view,
    shows: (id: string): boolean => !view.hidden.includes(id),
    toggle: (id: string) =>
      setView({ ...view, hidden: view.hidden.includes(id) ? view.hidden.filter((one) => one !== id) : [...view.hidden, id] }),
    setDense: (dense: boolean) => setView({ ...view, dense }),
    hide: (hidden: readonly string[]) => setView({ ...view, hidden }),
  }
}
