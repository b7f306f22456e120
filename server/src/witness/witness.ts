import { appendFile, mkdir, open, readFile, rename, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { dirname, join } from 'node:path'
import { type Checkpoint, readCheckpoint } from '../transparency/checkpoint.ts'
import { emptyRoot, type Hash, isConsistent } from '../transparency/merkle.ts'
import { cosigned, readNote, type Signer, signedBy, type Verifier } from '../transparency/note.ts'

/** What a witness answers (c2sp.org/tlog-witness): a status, and a body where there is one. */
export type Answer = { readonly status: 200 | 400 | 403 | 404 | 409 | 422; readonly body: string; readonly type?: 'text/x.tlog.size' }

type Request = { readonly old: number; readonly proof: readonly Hash[]; readonly note: string }

const mostHashes = 63
const largestBody = 64 * 1024

/** Null where the body is not of that form, to the letter. */
export const readRequest = (body: string): Request | null => {
  const at = body.indexOf('\n\n')
  const [first = '', ...hashes] = body.slice(0, Math.max(at, 0)).split('\n')
  const [, old] = /^old (0|[1-9]\d{0,15})$/.exec(first) ?? []
  if (old === undefined || !Number.isSafeInteger(Number(old)) || hashes.length > mostHashes) return null
  if (!hashes.every((line) => /^[A-Za-z0-9+/]{43}=$/.test(line))) return null
  return { old: Number(old), proof: hashes.map((line) => Buffer.from(line, 'base64')), note: body.slice(at + 2) }
}

export type Seen = { readonly size: number; readonly root: Hash }
/** Remembers the largest tree it has signed for, on the disk before it says so. */
export type Memory = {
  readonly seen: () => Seen
  readonly remember: (checkpoint: Checkpoint, note: string) => Promise<void>
  /** What the log signed and cannot both be true with what was seen: kept, because it is the proof. */
  readonly accuse: (note: string) => Promise<void>
}

const nothing: Seen = { size: 0, root: emptyRoot }

const begun = 'nothing seen yet\n'

/**
 * One file, replaced as a whole. One that is not there, or cannot be read, is no reason to begin anew: whoever took or broke it would have what
 * they want. A witness begins once, when its folder is made.
 */
export const openMemory = async (folder: string, log: Verifier): Promise<Memory> => {
  const file = join(folder, 'newest-checkpoint')
  if (await mkdir(join(folder, 'begun'), { recursive: true })) await writeFile(file, begun, { flag: 'wx' })
  const kept = await readFile(file, 'utf8').catch(() => '')
  const note = readNote(kept)
  const checkpoint = note && signedBy(note, log) ? readCheckpoint(note.text) : null
  if (kept !== begun && !checkpoint) throw new Error(`${file} holds no checkpoint of ${log.name}: this witness has forgotten what it saw`)
  let seen: Seen = checkpoint ?? nothing
  return {
    seen: () => seen,
    remember: async ({ size, root }, whole) => {
      const fresh = await open(`${file}.new`, 'w')
      try {
        await fresh.writeFile(whole)
        await fresh.sync()
      } finally {
        await fresh.close()
      }
      await rename(`${file}.new`, file)
      const parent = await open(dirname(file), 'r')
      await parent.sync().finally(() => parent.close())
      seen = { size, root }
    },
    accuse: (whole) => appendFile(join(folder, 'contradictions'), `${whole}\n`),
  }
}

/** What there is to say before the memory is asked; else the checkpoint. */
const read = (body: string, log: Verifier): Answer | { readonly request: Request; readonly checkpoint: Checkpoint } => {
  const request = readRequest(body)
  const note = request && readNote(request.note)
  const checkpoint = note && readCheckpoint(note.text)
  if (!request || !checkpoint) return { status: 400, body: '' }
  if (checkpoint.origin !== log.name) return { status: 404, body: '' }
  if (!signedBy(note, log)) return { status: 403, body: '' }
  if (request.old > checkpoint.size) return { status: 400, body: '' }
  return { request, checkpoint }
}

/** A witness of one log: signs that every checkpoint it is shown follows from the one before, one request after the other. */
export const openWitness = ({ log, signer, memory, now }: { log: Verifier; signer: Signer; memory: Memory; now: () => Date }) => {
  let turn: Promise<unknown> = Promise.resolve()
  const answer = async (body: string): Promise<Answer> => {
    const told = read(body, log)
    if ('status' in told) return told
    const { request, checkpoint } = told
    const seen = memory.seen()
    if (request.old !== seen.size) return { status: 409, body: `${seen.size}\n`, type: 'text/x.tlog.size' }
    if (checkpoint.size === seen.size && !checkpoint.root.equals(seen.root)) {
      await memory.accuse(request.note)
      return { status: 409, body: `${seen.size}\n`, type: 'text/x.tlog.size' }
    }
    if (!isConsistent(seen, checkpoint, request.proof)) {
      await memory.accuse(request.note)
      return { status: 422, body: '' }
    }
    await memory.remember(checkpoint, request.note)
    const text = request.note.slice(0, request.note.lastIndexOf('\n\n') + 1)
    return { status: 200, body: cosigned(text, signer, now()) }
  }
  /** Looking and remembering are one step: of two at the same moment the second sees what the first has left. */
  return (body: string): Promise<Answer> => {
    const mine = turn.then(() => answer(body))
    turn = mine.catch(() => undefined)
    return mine
  }
}

/** `POST /add-checkpoint`, and nothing else. */
export const witnessServer = (witness: (body: string) => Promise<Answer>): Server =>
  createServer((request, response) => {
    const end = (status: number, body = '', type = 'text/plain; charset=utf-8') =>
      response.writeHead(status, { 'content-type': type }).end(body)
    if (request.method !== 'POST' || request.url !== '/add-checkpoint') return end(404)
    const parts: Buffer[] = []
    let length = 0
    request.on('data', (part: Buffer) => {
      length += part.length
      if (length > largestBody) request.destroy()
      else parts.push(part)
    })
    request.on('end', () => {
      witness(Buffer.concat(parts).toString('utf8')).then(
        ({ status, body, type }) => end(status, body, type),
        () => end(500),
      )
    })
    return undefined
  })
