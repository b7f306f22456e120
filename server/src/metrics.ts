import { createServer, type Server } from 'node:http'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { months } from './features/audit/months.store.ts'
import type { Db } from './kernel/db.ts'
import { undelivered } from './kernel/outbox.ts'
import type { Replica } from './kernel/replica.ts'

const day = 86_400_000

/** `/metrics`, for the operator's own monitoring. Where the database is silent the rest is worth reading all the more. */
export const metricsServer = (db: Db, replica: Replica | null): Server => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `countersign_${name}`, help, labelNames, registers: [registry] })
  const waiting = gauge('outbox_waiting', 'Messages that have not left')
  const failing = gauge('outbox_failing', 'Messages that have not left and failed at least once')
  const lists = gauge('lists_read', 'Lists by the database that answered them, where there is a replica', ['from'])
  const ahead = gauge('audit_days_ahead', 'Days until nothing can be written for want of a month of the audit; below 31 something is wrong')
  const overdue = gauge('audit_days_overdue', 'Days since the oldest month of the audit could have been dropped')

  const outbox = async () => {
    const now = await undelivered(db)
    waiting.set(now.waiting)
    failing.set(now.failing)
  }
  const audit = async () => {
    const [retention, all] = await Promise.all([months.retention(db), months.all(db)])
    const over = new Date()
    over.setUTCMonth(over.getUTCMonth() - retention.months)
    const oldest = all.find(({ droppedAt }) => droppedAt === null)
    ahead.set(((all.at(-1)?.until.getTime() ?? 0) - Date.now()) / day)
    overdue.set(Math.max(0, (over.getTime() - (oldest?.until.getTime() ?? Number.POSITIVE_INFINITY)) / day))
  }
  return createServer((_request, response) => {
    for (const [from, count] of Object.entries(replica?.served() ?? {})) lists.set({ from }, count)
    Promise.all([
      outbox().catch(() => [waiting, failing].forEach((one) => void one.reset())),
      audit().catch(() => [ahead, overdue].forEach((one) => void one.reset())),
    ])
      .then(() => registry.metrics())
      .then(
        (text) => response.setHeader('Content-Type', registry.contentType).end(text),
        () => response.writeHead(500).end(),
      )
  })
}
