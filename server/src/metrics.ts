import { createServer, type Server } from 'node:http'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { months } from './features/audit/months.store.ts'
import { checks } from './features/seal/check.store.ts'
import { places } from './features/seal/places.store.ts'
import { seal } from './features/seal/seal.store.ts'
import type { Db } from './kernel/db.ts'
import { undelivered } from './kernel/outbox.ts'
import type { Replica } from './kernel/replica.ts'

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

  const unsealed = gauge('audit_unsealed_seconds', 'Age of the oldest entry of the audit that has no place in the sealed log')
  const broken = gauge('audit_seal_broken', '1 when an entry of the audit is not what was sealed')
  const away = gauge('checkpoint_places_failing', 'Places outside that checkpoints cannot be brought to')

  /** Not a number: what is not known is neither well nor ill. */
  const unknown = (...all: readonly Gauge[]) => all.forEach((one) => void one.set(Number.NaN))
  const outbox = async () => {
    const now = await undelivered(db)
    waiting.set(now.waiting)
    failing.set(now.failing)
  }
  const audit = async () => {
    const days = await months.inDays(db)
    ahead.set(days.ahead)
    overdue.set(days.overdue)
  }
  const sealing = async () => {
    const [since, { wrong }, everywhere] = await Promise.all([seal.waitingSince(db), checks.get(db), places.all(db)])
    unsealed.set(since ? (Date.now() - since.getTime()) / 1000 : 0)
    broken.set(wrong ? 1 : 0)
    away.set(everywhere.filter(({ failingSince }) => failingSince !== null).length)
  }
  return createServer((_request, response) => {
    for (const [from, count] of Object.entries(replica?.served() ?? {})) lists.set({ from }, count)
    Promise.all([
      outbox().catch(() => unknown(waiting, failing)),
      audit().catch(() => unknown(ahead, overdue)),
      sealing().catch(() => unknown(unsealed, broken, away)),
    ])
      .then(() => registry.metrics())
      .then(
        (text) => response.setHeader('Content-Type', registry.contentType).end(text),
        () => response.writeHead(500).end(),
      )
  })
}
