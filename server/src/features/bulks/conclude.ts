import { createHash } from 'node:crypto'
import type { DomainEvent } from '@countersign/shared/events.ts'
import type { Db, Tx } from '../../kernel/db.ts'
import { bulks, type StoredBulk } from './bulks.store.ts'
import { bulkLines, type ReportLine } from './lines.store.ts'

export const reportColumns = [
  'account_id',
  'login',
  'plan',
  'refusal',
  'outcome',
  'sessions',
  'links',
  'requests',
  'approvals',
  'at',
] as const satisfies readonly (keyof ReportLine)[]

/** A cell that a spreadsheet must not take for a formula, nor for two. */
const cell = (value: string | number): string => {
  const text = String(value)
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe
}

/** The report, as CSV, page by page: the same bytes whenever it is asked for, so that its hash in the audit proves it. */
export const reportOf = async function* (db: Db | Tx, bulkId: string): AsyncGenerator<string> {
  yield `${reportColumns.join(',')}\r\n`
  for (let after: string | null = null; ; ) {
    const lines: readonly ReportLine[] = await bulkLines.report(db, bulkId, after)
    if (lines.length === 0) return
    yield lines.map((line) => `${reportColumns.map((column) => cell(line[column])).join(',')}\r\n`).join('')
    after = lines.at(-1)?.account_id ?? null
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
  const { done, skipped, planned } = bulk
  if (how === 'finished') return { type: 'bulk.finished', ...about, data: { done, skipped, reportHash } }
  return { type: 'bulk.stopped', ...about, data: { reason: how, left: Math.max(0, planned - done - skipped), reportHash } }
}
