import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { witnessSigner } from '../commands/witness.ts'
import { freePort } from '../database/embedded.ts'
import { logOf, type Settings } from '../env.ts'
import { verifierOf } from '../transparency/note.ts'
import { openMemory, openWitness, witnessServer } from '../witness/witness.ts'

const folderOf = (data: string): string => join(data, 'seal')

/** Another network is another log: its key, its checkpoints and what its witness has seen begin anew. */
export const forgetSeal = (data: string): Promise<void> => rm(folderOf(data), { recursive: true, force: true })

type Sealing = Required<Pick<Settings, 'SEALING_KEY' | 'CHECKPOINT_FILE' | 'WITNESS_URL' | 'WITNESS_KEY'>>

/** A key, a file for the checkpoints and a witness of the demo's own; in earnest the last two are on other machines, in other hands. */
export const openSeal = async (data: string, publicUrl: string): Promise<Sealing> => {
  const folder = folderOf(data)
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'key')
  await writeFile(file, randomBytes(32).toString('base64'), { mode: 0o600, flag: 'wx' }).catch(() => undefined)
  const SEALING_KEY = Buffer.from(await readFile(file, 'utf8'), 'base64')

  const state = join(folder, 'witness')
  const log = verifierOf(logOf({ PUBLIC_URL: publicUrl, SEALING_KEY }), 'log')
  const signer = await witnessSigner('witness.localhost/demo', state)
  const server = witnessServer(openWitness({ log, signer, memory: await openMemory(state, log), now: () => new Date() }))
  const port = await freePort()
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  return {
    SEALING_KEY,
    CHECKPOINT_FILE: join(folder, 'checkpoints.ndjson'),
    WITNESS_URL: `http://127.0.0.1:${port}`,
    WITNESS_KEY: verifierOf(signer, 'witness'),
  }
}
