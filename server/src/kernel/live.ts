import type { Place } from '@countersign/shared/access/scope.ts'
import type { EventType } from '@countersign/shared/events.ts'
import pg from 'pg'
import type { Logger } from 'pino'

/** One fact that was committed, with its place, so that each stream can keep to its scope. */
export type Change = { readonly type: EventType; readonly subject: string; readonly actorId: string | null; readonly place: Place }
export type Listener = (changes: readonly Change[]) => void
export type Live = { readonly listen: (listener: Listener) => () => void; readonly close: () => Promise<void> }

const most = 500

type Row = { type: EventType; subject_id: string; actor_id: string | null } & Record<
  `${'nation' | 'network' | 'region' | 'departement' | 'structure' | 'site'}_id`,
  string | null
>

/** Reads what a transaction told. A forged notification only causes a re-read of what is there anyway. */
const changesOf = async (client: pg.Client, transaction: string): Promise<readonly Change[]> => {
  if (!/^\d{1,20}$/.test(transaction)) return []
  const { rows } = await client.query<Row>({
    name: 'changes',
    text: `select type, subject_id, actor_id, nation_id, network_id, region_id, departement_id, structure_id, site_id
     from audit_entry where transaction_id = $1::xid8 and at > now() - interval '1 hour' limit $2`,
    values: [transaction, most],
  })
  return rows.map((row) => ({
    type: row.type,
    subject: row.subject_id,
    actorId: row.actor_id,
    place: {
      nationId: row.nation_id,
      networkId: row.network_id,
      regionId: row.region_id,
      departementId: row.departement_id,
      structureId: row.structure_id,
      siteId: row.site_id,
    },
  }))
}

/** Listens for commits of every process on this database, over one connection that is opened again whenever it is lost. */
export const openLive = async (url: string, log: Logger): Promise<Live> => {
  const listeners = new Set<Listener>()
  let client: pg.Client | null = null
  let closed = false
  let again: NodeJS.Timeout | undefined

  const connect = async (): Promise<void> => {
    const fresh = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000, keepAlive: true })
    const lost = () => {
      if (client !== fresh) return
      client = null
      if (!closed) again = setTimeout(() => void connect().catch(retry), 1000)
    }
    fresh.on('error', lost)
    fresh.on('end', lost)
    // One question at a time on this connection, in the order the commits were heard.
    let reading: Promise<unknown> = Promise.resolve()
    fresh.on('notification', ({ payload }) => {
      reading = reading
        .then(() => changesOf(fresh, payload ?? ''))
        .then((changes) => {
          if (changes.length > 0) for (const listener of listeners) listener(changes)
        })
        .catch((error: unknown) => log.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'a notification could not be read'))
    })
    await fresh.connect()
    await fresh.query('listen committed')
    client = fresh
  }
  const retry = () => {
    if (!closed) again = setTimeout(() => void connect().catch(retry), 1000)
  }
  await connect()
  return {
    listen: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: async () => {
      closed = true
      clearTimeout(again)
      await client?.end().catch(() => undefined)
    },
  }
}
