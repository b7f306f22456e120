import { account } from '@countersign/drizzle/schema/account.ts'
import type { Actor, Scope } from '@countersign/shared/access/scope.ts'
import { type BulkSelection, mostAccounts } from '@countersign/shared/bulks/bulk.ts'
import { namesIn } from '@countersign/shared/bulks/names.ts'
import { type SQL, sql } from 'drizzle-orm'
import { type Tx, texts, uuids } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { within } from '../../kernel/scope.ts'
import { narrowing } from '../accounts/filters.store.ts'
import { namesInFile } from './file.ts'

/** What a selection leads to within a scope: accounts, in the order of their ids, and the names that lead to none. */
export type Selected = {
  readonly ids: readonly string[]
  readonly unknown: readonly string[]
  /** Accounts whose state changed after this were chosen in another one. */
  readonly asOf: Date | null
}

const isUuid = (name: string): boolean => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(name)

const byCondition = async (tx: Tx, condition: SQL): Promise<readonly string[]> => {
  const { rows } = await tx.execute<{ id: string }>(
    sql`select account.id from account where ${condition} order by account.id limit ${mostAccounts + 1}`,
  )
  if (rows.length > mostAccounts) throw new Refused('selection-too-large')
  return rows.map(({ id }) => id)
}

/** Accounts this person suspended or revoked since then that were in before, and nobody has brought back: who was out already was out for another reason. */
const endedBy = (
  accountId: string,
  since: Date,
): SQL => sql`account.status <> 'active' and account.status_changed_by = ${accountId} and account.id in (
  select e.subject_id from audit_entry e where e.actor_id = ${accountId} and e.at >= ${since} and e.type in ('account.suspended', 'account.revoked') and e.data ->> 'before' = 'active')`

/** A mailbox may belong to several accounts: all of them are meant. */
const byNames = async (tx: Tx, scope: Scope, names: readonly string[]): Promise<Omit<Selected, 'asOf'>> => {
  if (names.length > mostAccounts) throw new Refused('selection-too-large')
  const ids = names.filter(isUuid)
  const emails = names.filter((name) => name.includes('@'))
  const logins = names.filter((name) => !name.includes('@') && !isUuid(name))
  const { rows } = await tx.execute<{ id: string; login: string; email: string }>(sql`
    select account.id, account.login, account.email from account
    where (account.id = any(${uuids(ids)}) or account.login = any(${texts(logins)}) or account.email = any(${texts(emails)})) and ${within(scope, account)}
    order by account.id limit ${mostAccounts + 1}`)
  if (rows.length > mostAccounts) throw new Refused('selection-too-large')
  const known = new Set(rows.flatMap(({ id, login, email }) => [id, login, email]))
  return { ids: rows.map(({ id }) => id), unknown: names.filter((name) => !known.has(name)) }
}

/** The accounts a selection means, of those in scope; everything else about it reads as unknown (P7). */
export const select = async (tx: Tx, actor: Actor, scope: Scope, selection: BulkSelection): Promise<Selected> => {
  switch (selection.from) {
    case 'ticked':
      return { ...(await byNames(tx, scope, [...new Set(selection.accountIds)])), asOf: null }
    case 'filter': {
      const asOf = new Date(selection.at)
      const narrowed = await narrowing(tx, actor, selection.filter, scope)
      return {
        ids: await byCondition(tx, sql`${narrowed} and account.created_at <= ${asOf} and account.id <> all(${uuids(selection.except)})`),
        unknown: [],
        asOf,
      }
    }
    case 'names':
      return { ...(await byNames(tx, scope, namesIn(selection.text))), asOf: null }
    case 'ended-by':
      return {
        ids: await byCondition(tx, sql`${endedBy(selection.accountId, new Date(selection.since))} and (${within(scope, account)})`),
        unknown: [],
        asOf: null,
      }
    case 'csv':
      return { ...(await byNames(tx, scope, namesInFile(selection.text))), asOf: null }
  }
}
