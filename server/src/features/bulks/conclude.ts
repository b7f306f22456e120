import { createHash } from 'node:crypto'
import type { DomainEvent } from '@countersign/shared/events.ts'
import { bom, inCsv } from '../../kernel/csv.ts'
import type { Db, Tx } from '../../kernel/db.ts'
import { bulks, leftOf, type StoredBulk } from './bulks.store.ts'
import { bulkLines, type ReportLine } from './lines.store.ts'

export const reportColumns = [
  'account_id',
  'login',
  'name',
  'plan',
  'refusal',
  'outcome',
  'sessions',
  'links',
  'requests',
  'approvals',
  'at',
] as const satisfies readonly (keyof ReportLine)[]

/**
 * The report, as CSV, page by page: the accounts in the order of their ids, then the names nobody has. The same bytes whenever it is
 * asked for once the bulk is over, so that its hash in the audit proves it.
 */
export const reportOf = async function* (db: Db | Tx, bulkId: string): AsyncGenerator<string> {
  yield `${bom}${inCsv([reportColumns])}`
  for (let after: string | null = null; ; ) {
    const lines: readonly ReportLine[] = await bulkLines.report(db, bulkId, after)
    if (lines.length === 0) break
    yield inCsv(lines.map((line) => reportColumns.map((column) => line[column])))
    after = lines.at(-1)?.account_id ?? null
  }
  for (let from = 0; ; ) {
    const names = await bulks.unknown(db, bulkId, from)
    if (names.length === 0) return
    yield inCsv(names.map((name) => ['', name, '', 'unknown']))
    from += names.length
  }
}

type Ending = { readonly how: 'finished' | 'operator' | 'orderer-out'; readonly now: Date }

/** Ends a bulk and hashes its report. */
export const conclude = async (tx: Tx, bulk: StoredBulk, { how, now }: Ending): Promise<DomainEvent> => {
  const hash = createHash('sha256')
  for await (const part of reportOf(tx, bulk.id)) hash.update(part)
  const reportHash = hash.digest('hex')
  await bulks.end(tx, bulk, { status: how === 'finished' ? 'finished' : 'stopped', reportHash, now })
  const about = { subject: bulk.id, organisation: bulk.organisationId }
  const { done, skipped } = bulk
  if (how === 'finished') return { type: 'bulk.finished', ...about, data: { done, skipped, reportHash } }
  return { type: 'bulk.stopped', ...about, data: { reason: how, left: leftOf(bulk), reportHash } }
}
