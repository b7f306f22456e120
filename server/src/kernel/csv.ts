import { stringify } from 'csv-stringify/sync'

type Cell = string | number | boolean | null

/** What spreadsheets in France open a file by. */
export const bom = '\ufeff'

/** Rows of a file as spreadsheets in France open it, and as none of them runs: what would be a formula is text. */
export const inCsv = (rows: readonly (readonly Cell[])[]): string =>
  stringify(
    rows.map((row) => [...row]),
    { escape_formulas: true, record_delimiter: 'windows', delimiter: ';', cast: { boolean: (value) => (value ? 'yes' : 'no') } },
  )
