import { spawnSync } from 'node:child_process'
import { createWriteStream, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { type BundleAsked, writeBundle } from '@countersign/server/features/seal/bundle.ts'
import { openDb, openPool } from '@countersign/server/kernel/db.ts'
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

/** What the auditor's own program says of it: its sentences, and whether all of it holds. */
export const verified = (file: string, ...more: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, file, '--key', logKey, ...more], { encoding: 'utf8' })
  return { holds: status === 0, status, said: stdout + stderr }
}
