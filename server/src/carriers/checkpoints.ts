import { open } from 'node:fs/promises'
import { type Contradiction, contradictions } from '@countersign/shared/audit/sealing.ts'
import type { Cosignature, SignedCheckpoint } from '../features/seal/checkpoints.store.ts'
import type { Hash } from '../transparency/merkle.ts'
import { readNote, readSignatures, signedBy, type Verifier } from '../transparency/note.ts'

/** Why it could not be brought there: what contradicts it, or the code of an error, without anybody's data. */
export class NotBrought extends Error {
  readonly reason: string

  constructor(reason: Contradiction | (string & {})) {
    super(reason)
    this.reason = reason
  }

  /** The place says the log is not what it was: somebody must look. */
  get alarming(): boolean {
    return contradictions.some((one) => one === this.reason && one !== 'not-cosigned')
  }
}

export type Brought = {
  readonly checkpoint: SignedCheckpoint
  /** How far the place knows the log. */
  readonly known: number
  /** That the log of now begins with the log of so many entries. */
  readonly proof: (from: number) => Promise<readonly Hash[]>
}

/** A place outside the database's reach that checkpoints are brought to as they are made. */
export type CheckpointCarrier = {
  readonly name: CheckpointPlaceName
  /** A witness answers with its signature. */
  readonly bring: (brought: Brought) => Promise<Omit<Cosignature, 'size'> | null>
}

export const checkpointPlaceNames = ['file', 'address', 'witness'] as const
export type CheckpointPlaceName = (typeof checkpointPlaceNames)[number]

const patienceMilliseconds = 5_000
const newLine = 10

const asked = async (url: string, body: string): Promise<Response> => {
  const signal = AbortSignal.timeout(patienceMilliseconds)
  return fetch(url, { method: 'POST', headers: { 'content-type': 'text/plain; charset=utf-8' }, body, signal, redirect: 'error' }).catch(
    (error: unknown) => {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
      throw new NotBrought(cause instanceof Error && 'code' in cause ? String(cause.code) : 'no-answer')
    },
  )
}

/** A line of JSON for each, on the disk before it counts as brought. */
export const toFile = (path: string): CheckpointCarrier => ({
  name: 'file',
  bring: async ({ checkpoint: { size, note, madeAt } }) => {
    try {
      const file = await open(path, 'a+', 0o644)
      try {
        // A line that was cut short stays one of its own.
        const { size: length } = await file.stat()
        const [last = newLine] = length > 0 ? (await file.read(Buffer.alloc(1), 0, 1, length - 1)).buffer : []
        await file.appendFile(`${last === newLine ? '' : '\n'}${JSON.stringify({ at: madeAt.toISOString(), size, note })}\n`)
        await file.datasync()
      } finally {
        await file.close()
      }
      return null
    } catch (error) {
      throw new NotBrought(error instanceof Error && 'code' in error ? String(error.code) : 'not-written')
    }
  },
})

/** The note itself, as the body of a POST. */
export const toAddress = (url: string): CheckpointCarrier => ({
  name: 'address',
  bring: async ({ checkpoint }) => {
    const response = await asked(url, checkpoint.note)
    await response.body?.cancel()
    if (!response.ok) throw new NotBrought(`HTTP ${response.status}`)
    return null
  },
})

const sizeIn = async (response: Response): Promise<number | null> => {
  const text = await response.text()
  return response.status === 409 && /^(0|[1-9]\d{0,15})\n$/.test(text) ? Number(text) : null
}

/** A witness (c2sp.org/tlog-witness): it is shown that the log only grew, and signs that it saw so. */
export const toWitness = (url: string, key: Verifier): CheckpointCarrier => ({
  name: 'witness',
  bring: async ({ checkpoint, known, proof }) => {
    const show = async (from: number): Promise<Response> => {
      const lines = (await proof(from)).map((hash) => `${hash.toString('base64')}\n`).join('')
      return asked(`${url.replace(/\/+$/, '')}/add-checkpoint`, `old ${from}\n${lines}\n${checkpoint.note}`)
    }
    let response = await show(known)
    const seen = await sizeIn(response.clone())
    if (seen !== null && seen > checkpoint.size) throw new NotBrought('longer-log')
    // Another process of ours was there, or this database is younger than the witness.
    if (seen !== null && seen !== known) response = await show(seen)
    if (response.status === 409 || response.status === 422) throw new NotBrought('another-log')
    if (!response.ok) throw new NotBrought(`HTTP ${response.status}`)
    const line = await response.text()
    const note = readNote(checkpoint.note)
    const signatures = readSignatures(line)
    const given = note && signatures && signedBy({ text: note.text, signatures }, key)
    if (!given?.at) throw new NotBrought('not-cosigned')
    return { witness: key.name, line, at: given.at }
  },
})
