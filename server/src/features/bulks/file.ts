import { namesIn, namingColumn } from '@countersign/shared/bulks/names.ts'
import { parse } from 'csv-parse/sync'
import { Refused } from '../../kernel/refused.ts'

/** A line of more than this is no line of a table. */
const longestRecord = 20_000

/** The separator of a spreadsheet's file: whichever stands most often in its first line. */
const separatorOf = (text: string): string => {
  const [first = ''] = text.split(/\r?\n/, 1)
  const count = (separator: string) => first.split(separator).length
  return [';', ',', '\t'].reduce((best, one) => (count(one) > count(best) ? one : best))
}

/** The names of a CSV file: of the column whose header says so, or of its only column. */
export const namesInFile = (text: string): readonly string[] => {
  const rows: string[][] = (() => {
    try {
      return parse(text, {
        delimiter: separatorOf(text),
        bom: true,
        relax_column_count: true,
        skip_empty_lines: true,
        relax_quotes: true,
        max_record_size: longestRecord,
      })
    } catch {
      throw new Refused('file-without-names')
    }
  })()
  const [header = [], ...lines] = rows
  const column = namingColumn(header)
  if (column !== null) return namesIn(lines.map((line) => line[column] ?? '').join('\n'))
  if (header.length !== 1) throw new Refused('file-without-names')
  return namesIn(rows.map(([name]) => name ?? '').join('\n'))
}
