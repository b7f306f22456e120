import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkpointText } from '@countersign/server/transparency/checkpoint.ts'
import { consistencyRanges, grow, type Hash, joined, leafHash, type Range, subtreesOf } from '@countersign/server/transparency/merkle.ts'
import {
  readNote,
  readSignatures,
  type Signer,
  signedBy,
  signedNote,
  signingKey,
  verifierOf,
} from '@countersign/server/transparency/note.ts'
import { holdFolder } from '@countersign/server/witness/hold.ts'
import { openMemory, openWitness } from '@countersign/server/witness/witness.ts'
import { beforeEach, expect, onTestFinished, test } from 'vitest'

const signer = (name: string, seed: number): Signer => ({ name, key: signingKey(Buffer.alloc(32, seed)) })
const log = signer('countersign.test/audit', 1)
const witness = signer('witness.test/1', 2)
const now = new Date('2026-11-22T10:00:00Z')

/** A log of so many entries, of which `fork` tells another story from one of them on. */
const logOf = (size: number, fork = Number.POSITIVE_INFINITY) => {
  const leaves = Array.from({ length: size }, (_, index) => leafHash(index < fork ? `${index}` : `${index} forged`))
  const known = new Map<string, Hash>(leaves.map((hash, index) => [`0/${index}`, hash]))
  for (const { subtree, hash } of grow(0, [], leaves).made) known.set(`${subtree.level}/${subtree.index}`, hash)
  const hashOf = (range: Range) => joined(subtreesOf(range).map(({ level, index }) => known.get(`${level}/${index}`) as Hash))
  return {
    note: (by: Signer = log, origin = log.name) => signedNote(checkpointText({ origin, size, root: hashOf([0, size]) }), by),
    proof: (from: number) => consistencyRanges(from, size).map((range) => `${hashOf(range).toString('base64')}\n`),
  }
}
const request = (old: number, proof: readonly string[], note: string) => `old ${old}\n${proof.join('')}\n${note}`
const shown = (size: number, old: number, fork?: number) => {
  const one = logOf(size, fork)
  return request(old, one.proof(old), one.note())
}

let folder: string
const open = async () => {
  const memory = await openMemory(folder, verifierOf(log, 'log'))
  return openWitness({ log: verifierOf(log, 'log'), signer: witness, memory, now: () => now })
}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-witness-'))
})

test('a log that grows is cosigned, and the signature says when', async () => {
  const answer = await open()
  for (const [old, size] of [
    [0, 3],
    [3, 3],
    [3, 20],
    [20, 21],
  ] as const) {
    const { status, body } = await answer(shown(size, old))
    const note = readNote(logOf(size).note())
    expect([size, status]).toEqual([size, 200])
    expect(note && signedBy({ text: note.text, signatures: readSignatures(body) ?? [] }, verifierOf(witness, 'witness'))).toEqual({
      at: now,
    })
  }
})

test.each([
  ['a log it does not know', 404, () => request(0, [], logOf(5).note(signer('another.test', 1), 'another.test'))],
  ['a signature of another key', 403, () => request(0, [], logOf(5).note(signer(log.name, 9)))],
  ['an old size beyond the new one', 400, () => request(9, [], logOf(5).note())],
  ['a body that is none', 400, () => 'old five\n\n'],
  ['a size with a leading zero', 400, () => `old 00\n\n${logOf(5).note()}`],
  [
    'more hashes than a proof can have',
    400,
    () =>
      request(
        0,
        Array.from({ length: 64 }, () => `${leafHash('x').toString('base64')}\n`),
        logOf(5).note(),
      ),
  ],
  ['a proof where there is nothing to prove', 422, () => request(0, [`${leafHash('x').toString('base64')}\n`], logOf(5).note())],
])('refuses %s', async (_, status, body) => {
  const answer = await open()
  expect(await answer(body())).toMatchObject({ status })
  expect(await answer(shown(5, 0))).toMatchObject({ status: 200 })
})

test('a log that was cut, forked or told anew is refused, and what was seen stays', async () => {
  const answer = await open()
  await answer(shown(10, 0))
  expect(await answer(shown(8, 8))).toEqual({ status: 409, body: '10\n', type: 'text/x.tlog.size' })
  expect(await answer(shown(12, 0))).toEqual({ status: 409, body: '10\n', type: 'text/x.tlog.size' })
  expect(await answer(shown(10, 10, 4))).toMatchObject({ status: 409, body: '10\n' })
  expect(await answer(shown(12, 10, 4))).toMatchObject({ status: 422 })
  expect(await answer(shown(12, 10))).toMatchObject({ status: 200 })
})

test('what it has signed outlives it, and a memory that was tampered with stops it', async () => {
  await (await open())(shown(10, 0))
  expect(await (await open())(shown(12, 10, 4))).toMatchObject({ status: 422 })
  const file = join(folder, 'newest-checkpoint')
  writeFileSync(file, readFileSync(file, 'utf8').replace('\n10\n', '\n9\n'))
  await expect(open()).rejects.toThrow('holds no checkpoint')
  rmSync(file)
  await expect(open()).rejects.toThrow('has forgotten what it saw')
})

test('of many requests at the same instant over the same old size one is signed, and none rolls another back', async () => {
  const answer = await open()
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => answer(shown(20 - index, 0))))
  expect(answers.map(({ status }) => status)).toEqual([200, ...Array.from({ length: 19 }, () => 409)])
  expect(await (await open())(shown(21, 20))).toMatchObject({ status: 200 })
})

test('of two processes with the same memory the second does not begin; one that was killed is in nobody’s way', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-witness-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const first = await holdFolder(folder)
  await expect(holdFolder(folder)).rejects.toThrow('another witness is at work')
  await first.release()
  const hold = `import { holdFolder } from '${import.meta.resolve('@countersign/server/witness/hold.ts')}'; await holdFolder('${folder}'); process.kill(process.pid, 'SIGKILL')`
  expect(spawnSync(process.execPath, ['--input-type=module', '-e', hold]).signal).toBe('SIGKILL')
  expect(existsSync(join(folder, 'at-work'))).toBe(true)
  await (await holdFolder(folder)).release()
})
