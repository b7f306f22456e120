import { spawnSync } from 'node:child_process'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Embedded, startEmbedded } from '@countersign/server/database/embedded.ts'
import pg from 'pg'

/** Copied while the primary writes, these would be its own and not the copy's. */
const ownOfPrimary = /\/(?:postmaster\.(?:pid|opts)|pg_wal\/.+|pg_replslot\/.+)$/

/** A streaming replica of an embedded server: its folder copied between the start and the end of a backup, and following it from there. */
export const startStandby = async (primaryFolder: string, folder: string, superuserUrl: string): Promise<Embedded> => {
  const client = new pg.Client(superuserUrl)
  await client.connect()
  await rm(folder, { recursive: true, force: true })
  await client.query(`select pg_backup_start('standby', true)`)
  await cp(primaryFolder, folder, { recursive: true, filter: (source) => !ownOfPrimary.test(source) })
  const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)')
  await client.end()

  const data = join(folder, 'data')
  const { hostname, port, username, password } = new URL(superuserUrl)
  await writeFile(join(data, 'backup_label'), rows[0]?.labelfile ?? '')
  await writeFile(join(data, 'standby.signal'), '')
  const settings = await readFile(join(data, 'postgresql.auto.conf'), 'utf8')
  const conninfo = `host=${hostname} port=${port} user=${username} password=${password}`
  await writeFile(join(data, 'postgresql.auto.conf'), `${settings}\nprimary_conninfo = '${conninfo}'\n`)
  // As root the servers run as another user, whom the copy must belong to.
  if (process.getuid?.() === 0) spawnSync('chown', ['-R', 'postgres:', folder])
  return startEmbedded(folder, ['-c', 'fsync=off'])
}
