import type { LineageKind } from '@countersign/shared/events.ts'
import { index, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** Who had which hand in whom. Written by the commit of the kernel, read by independence (P2) and by every account's page. */
export const lineage = pgTable(
  'lineage',
  {
    id: uuid().primaryKey(),
    kind: text().$type<LineageKind>().notNull(),
    fromAccountId: uuid('from_account_id').notNull(),
    toAccountId: uuid('to_account_id').notNull(),
    requestId: uuid('request_id').notNull(),
    at: instant('at').notNull(),
  },
  (table) => [index('lineage__to').on(table.toAccountId, table.at), index('lineage__from').on(table.fromAccountId, table.at)],
)
