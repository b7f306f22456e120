import type { accountSorts, ListAccounts } from '@countersign/shared/accounts/listing.ts'
import { type SQL, sql } from 'drizzle-orm'
import type { Cast, Position } from '../../kernel/page.ts'

type Sort = (typeof accountSorts)[number]

/** What a row carries of each sort key; `lastKey` is the last sign-in as the database orders it. */
export type Ordered = {
  readonly id: string
  readonly familyName: string
  readonly givenName: string
  readonly lastKey: string
  readonly reach: number
  readonly endsOn: string
}
type Key = { readonly column: string; readonly cast: Cast; readonly of: (row: Ordered) => string | number }

const sorts = {
  name: [
    { column: 'family_name', cast: 'text', of: ({ familyName }) => familyName },
    { column: 'given_name', cast: 'text', of: ({ givenName }) => givenName },
  ],
  'last-sign-in': [{ column: 'last_sign_in_at', cast: 'timestamptz', of: ({ lastKey }) => lastKey }],
  reach: [{ column: 'reach', cast: 'integer', of: ({ reach }) => reach }],
  end: [{ column: 'ends_on', cast: 'date', of: ({ endsOn }) => endsOn }],
} as const satisfies Record<Sort, readonly Key[]>

type Directed = Key & { readonly descending: boolean }

const columnOf = ({ column }: Key): SQL => sql`account.${sql.identifier(column)}`
const valueAs = ({ cast }: Key, value: Position[number]): SQL => sql`${value}::${sql.raw(cast)}`

/** By what those are put in order that the first key leaves together; the first key itself leaves none. */
export const secondOf = ({ sort = 'name', second }: ListAccounts): Sort | null => (second && second !== sort ? second : null)

/** The order of a list: its keys, the id last, so that no two rows stand in one place. */
export const orderOf = (filters: ListAccounts) => {
  const { sort = 'name', order = 'asc', secondOrder = 'asc' } = filters
  const next = secondOf(filters)
  const directed = (keys: readonly Key[], descending: boolean) => keys.map((key): Directed => ({ ...key, descending }))
  const descending = order === 'desc'
  const keys: readonly Directed[] = [
    ...directed(sorts[sort], descending),
    ...(next ? directed(sorts[next], secondOrder === 'desc') : []),
    ...directed([{ column: 'id', cast: 'uuid', of: ({ id }) => id }], descending),
  ]
  const by = sql.join(
    keys.map((key) => sql`${columnOf(key)} ${key.descending ? sql`desc` : sql`asc`}`),
    sql`, `,
  )
  /** Rows after a position. One comparison of rows is what an index answers; of keys that run both ways each has to be said. */
  const beyond = (position: Position): SQL => {
    const values = keys.map((key, index) => valueAs(key, position[index] ?? null))
    const further = ({ descending: down }: Directed) => (down ? sql`<` : sql`>`)
    if (keys.every((key) => key.descending === descending))
      return sql`(${sql.join(keys.map(columnOf), sql`, `)}) ${descending ? sql`<` : sql`>`} (${sql.join(values, sql`, `)})`
    const steps = keys.map((key, index) => {
      const same = keys.slice(0, index).map((one, at) => sql`${columnOf(one)} = ${values[at]}`)
      return sql`(${sql.join([...same, sql`${columnOf(key)} ${further(key)} ${values[index]}`], sql` and `)})`
    })
    return sql`(${sql.join(steps, sql` or `)})`
  }
  return {
    by,
    beyond,
    casts: keys.map(({ cast }) => cast),
    positionOf: (row: Ordered): Position => keys.map((key) => key.of(row)),
  }
}
