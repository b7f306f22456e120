import { spawnSync } from 'node:child_process'
import { createWriteStream, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type BundleAsked, writeBundle } from '@countersign/server/features/seal/bundle.ts'
import { seal } from '@countersign/server/features/seal/seal.store.ts'
import { sealLedger } from '@countersign/server/features/seal/seal.ts'
import { type Db, openDb, openPool } from '@countersign/server/kernel/db.ts'
import { keyLine, type Signer, signingKey, verifierOf } from '@countersign/server/transparency/note.ts'

/** The log of every test, and a witness of it. */
export const log: Signer = { name: 'countersign.test/audit', key: signingKey(Buffer.alloc(32, 11)) }
export const witness: Signer = { name: 'witness.test/1', key: signingKey(Buffer.alloc(32, 12)) }
export const logKey = keyLine(verifierOf(log, 'log'))
export const witnessKey = keyLine(verifierOf(witness, 'witness'))

export const scratch = (): string => mkdtempSync(join(tmpdir(), 'countersign-bundle-'))

const program = fileURLToPath(new URL('../../verify/countersign-verify.mjs', import.meta.url))

/** Exports the audit of a database into a file of its own, as the console does. */
export const bundleOf = async (url: string, asked: BundleAsked = { since: null, until: null }): Promise<string> => {
  const pool = openPool(url, 2, 0)
  const file = join(scratch(), 'bundle.ndjson')
  try {
    await writeBundle(openDb(pool), asked, { log: logKey, witnesses: [] }, (lines) =>
      pipeline(Readable.from(lines), createWriteStream(file)),
    )
    return file
  } finally {
    await pool.end()
  }
}

/** Seals until everything has its place: tests beside this one hold transactions open in the same server, and the log waits for the oldest. */
export const sealAll = async (db: Db, signer: Signer = log): Promise<number> => {
  let sealed = 0
  for (let tries = 0; tries < 600; tries += 1) {
    sealed += await sealLedger(db, signer)
    if (!(await seal.waitingSince(db))) return sealed
    await wait(50)
  }
  throw new Error('something is held open for longer than a test lasts')
}

/** What the auditor's own program says of it: its sentences, and whether all of it holds. */
export const verified = (file: string, ...more: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, file, '--key', logKey, ...more], { encoding: 'utf8' })
  return { holds: status === 0, status, said: stdout + stderr }
}
