import { randomBytes } from 'node:crypto'
import { checkpointText, readCheckpoint } from '@countersign/server/transparency/checkpoint.ts'
import {
  consistencyRanges,
  emptyRoot,
  grow,
  type Hash,
  inclusionRanges,
  isConsistent,
  joined,
  leafHash,
  type Range,
  rootByInclusion,
  subtreesOf,
} from '@countersign/server/transparency/merkle.ts'
import {
  cosigned,
  keyLine,
  readKeyLine,
  readNote,
  readSignatures,
  type Signer,
  signedBy,
  signedNote,
  signingKey,
  verifierOf,
} from '@countersign/server/transparency/note.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

/** A tree as the database keeps it: the leaves, and every complete subtree above them. */
const treeOf = (leaves: readonly Hash[], batches: readonly number[] = [leaves.length]) => {
  const known = new Map(leaves.map((hash, index) => [`0/${index}`, hash]))
  let edge: readonly Hash[] = []
  let size = 0
  for (const count of batches) {
    const grown = grow(size, edge, leaves.slice(size, size + count))
    for (const { subtree, hash } of grown.made) known.set(`${subtree.level}/${subtree.index}`, hash)
    edge = grown.edge
    size += count
  }
  const hashOf = (range: Range) => joined(subtreesOf(range).map(({ level, index }) => known.get(`${level}/${index}`) as Hash))
  return { edge, hashOf, root: (count: number) => hashOf([0, count]) }
}

const leavesOf = (count: number) => Array.from({ length: count }, (_, index) => leafHash(`entry ${index}`))

describe('the tree of RFC 6962', () => {
  test('has the roots that other logs have over the same eight leaves', () => {
    const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
    const tree = treeOf(inputs.map((hex) => leafHash(Buffer.from(hex, 'hex'))))
    expect(emptyRoot.toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect([1, 2, 3, 4, 5, 6, 7, 8].map((size) => tree.root(size).toString('hex'))).toEqual([
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
      '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ])
  })

  test('is the same in whatever batches it grew', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 12 }), (batches) => {
        const leaves = leavesOf(batches.reduce((sum, one) => sum + one, 0))
        const [whole, grown] = [treeOf(leaves), treeOf(leaves, batches)]
        expect(joined(grown.edge)).toEqual(whole.root(leaves.length))
      }),
    )
  })

  test('proves every leaf of every size, and no other leaf, place or size', () => {
    const leaves = leavesOf(40)
    const tree = treeOf(leaves)
    for (let size = 1; size <= 40; size += 1)
      for (let position = 0; position < size; position += 1) {
        const proof = inclusionRanges(position, [0, size]).map(tree.hashOf)
        const root = tree.root(size)
        expect(rootByInclusion(leaves[position] as Hash, position, size, proof)).toEqual(root)
        expect(rootByInclusion(leafHash('another'), position, size, proof)).not.toEqual(root)
        if (size > 1) expect(rootByInclusion(leaves[position] as Hash, (position + 1) % size, size, proof)).not.toEqual(root)
        if (size > 1) expect(rootByInclusion(leaves[position] as Hash, position, size, proof.slice(1))).not.toEqual(root)
        expect(rootByInclusion(leaves[position] as Hash, position, size, [...proof, root])).toBeNull()
        expect(rootByInclusion(leaves[position] as Hash, size, size, proof)).toBeNull()
      }
  })

  test('proves that every size begins with every smaller one, and with no other tree', () => {
    const tree = treeOf(leavesOf(40))
    const head = (size: number) => ({ size, root: tree.root(size) })
    for (let second = 0; second <= 40; second += 1)
      for (let first = 0; first <= second; first += 1) {
        const proof = consistencyRanges(first, second).map(tree.hashOf)
        expect(isConsistent(head(first), head(second), proof), `${first} to ${second}`).toBe(true)
        const forged = { size: first, root: leafHash('another') }
        expect(isConsistent(forged, head(second), proof)).toBe(false)
        if (first > 0) expect(isConsistent(head(first), { size: second, root: leafHash('another') }, proof)).toBe(false)
        if (proof.length > 0) expect(isConsistent(head(first), head(second), proof.slice(0, -1))).toBe(false)
        expect(isConsistent(head(first), head(second), [...proof, leafHash('more')])).toBe(false)
        if (first < second) expect(isConsistent(head(second), head(first), proof)).toBe(false)
      }
  })
})

describe('notes and checkpoints of C2SP', () => {
  const signer = (name: string): Signer => ({ name, key: signingKey(randomBytes(32)) })
  const log = signer('countersign.example/audit')
  const witness = signer('witness.example/1')
  const text = checkpointText({ origin: log.name, size: 20852163, root: leafHash('root') })

  test('a note signed by its log and a witness is read back and holds for both, and says when it was witnessed', () => {
    const at = new Date('2026-11-22T10:00:00Z')
    const note = readNote(signedNote(text, log) + cosigned(text, witness, at))
    expect(note).not.toBeNull()
    expect(note && signedBy(note, verifierOf(log, 'log'))).toEqual({ at: null })
    expect(note && signedBy(note, verifierOf(witness, 'witness'))).toEqual({ at })
  })

  test('a key that did not sign, another text and another kind of signature hold for nothing', () => {
    const note = readNote(signedNote(text, log))
    if (!note) throw new Error('no note')
    expect(signedBy(note, verifierOf(signer(log.name), 'log'))).toBeNull()
    expect(signedBy(note, verifierOf(witness, 'witness'))).toBeNull()
    expect(signedBy(note, verifierOf(log, 'witness'))).toBeNull()
    expect(signedBy({ ...note, text: text.replace('20852163', '20852164') }, verifierOf(log, 'log'))).toBeNull()
  })

  test('of two signatures under one key a wrong one spoils the note', () => {
    const other = readSignatures(signedNote('another\n', log).split('\n\n')[1] ?? '')
    const note = readNote(signedNote(text, log))
    expect(note && other && signedBy({ ...note, signatures: [...note.signatures, ...other] }, verifierOf(log, 'log'))).toBeNull()
  })

  test('a public key in one line is read back, and not with a letter changed', () => {
    for (const verifier of [verifierOf(log, 'log'), verifierOf(witness, 'witness')]) {
      const line = keyLine(verifier)
      expect(readKeyLine(line)).toMatchObject({ name: verifier.name, kind: verifier.kind, id: verifier.id })
      expect(readKeyLine(line.replace('example', 'exbmple'))).toBeNull()
      expect(readKeyLine(line.slice(0, -5))).toBeNull()
    }
  })

  test.each([
    ['without a last line', signedNote(text, log).slice(0, -1)],
    ['without signatures', text],
    ['with a control character', signedNote(text, log).replace('audit', 'au\tdit')],
    ['with a signature that is no base64', `${text}\n— ${log.name} %%%\n`],
    ['longer than anybody signs', `${'x'.repeat(70_000)}\n\n— a AAAAAAAA\n`],
  ])('what is no note is not read: %s', (_, whole) => {
    expect(readNote(whole)).toBeNull()
  })

  test.each(['01', '-1', '1.0', '99999999999999999', ''])('a checkpoint of %s entries is none', (size) => {
    expect(readCheckpoint(`a.example\n${size}\n${leafHash('root').toString('base64')}\n`)).toBeNull()
  })

  test('a checkpoint is read back, and nothing may stand after it', () => {
    expect(readCheckpoint(text)).toEqual({ origin: log.name, size: 20852163, root: leafHash('root') })
    expect(readCheckpoint(`${text}more\n`)).toBeNull()
  })
})
