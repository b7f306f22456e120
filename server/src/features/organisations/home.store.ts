import { levels, type Place } from '@countersign/shared/access/scope.ts'
import { type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../../kernel/db.ts'

const shared = sql.raw(
  levels
    .map(
      (level) =>
        `case when count(${level}_id) = count(*) and min(${level}_id::text) = max(${level}_id::text) then min(${level}_id::text) end as "${level}Id"`,
    )
    .join(', '),
)

/** The smallest organisation that holds every one of these accounts (a query of ids); null where there are none. */
export const homeOf = async (tx: Tx, accountIds: SQL): Promise<string | null> => {
  const { rows } = await tx.execute<Place>(sql`select ${shared} from account where id in ${accountIds}`)
  const [row] = rows
  return row ? (row.siteId ?? row.structureId ?? row.departementId ?? row.regionId ?? row.networkId ?? row.nationId) : null
}
