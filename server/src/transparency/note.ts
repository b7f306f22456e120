import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

/**
 * Signed notes as C2SP writes them (c2sp.org/signed-note): a text, an empty line, and a line for each signature. Two kinds are known here,
 * both of Ed25519: a log's own, and a witness's, which says when (c2sp.org/tlog-cosignature).
 */
export const signatureKinds = { log: 0x01, witness: 0x04 } as const
export type SignatureKind = keyof typeof signatureKinds

export type Signer = { readonly name: string; readonly key: KeyObject }
export type Verifier = { readonly name: string; readonly kind: SignatureKind; readonly key: KeyObject; readonly id: Buffer }
export type Signature = { readonly name: string; readonly id: Buffer; readonly bytes: Buffer }
export type Note = { readonly text: string; readonly signatures: readonly Signature[] }

/** What stands before the 32 bytes of an Ed25519 key in PKCS #8 and in SPKI (RFC 8410). */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')
const spki = Buffer.from('302a300506032b6570032100', 'hex')

/** The private key made of these 32 bytes. */
export const signingKey = (seed: Buffer): KeyObject => createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' })

/** The public half of a key, and the 32 bytes it is written in. */
const publicHalf = (key: KeyObject) => (key.type === 'private' ? createPublicKey(key) : key)
const publicBytes = (key: KeyObject): Buffer => publicHalf(key).export({ format: 'der', type: 'spki' }).subarray(spki.length)

const idOf = (name: string, kind: SignatureKind, bytes: Buffer): Buffer =>
  createHash('sha256')
    .update(`${name}\n`)
    .update(Buffer.from([signatureKinds[kind]]))
    .update(bytes)
    .digest()
    .subarray(0, 4)

export const verifierOf = ({ name, key }: Signer, kind: SignatureKind): Verifier => ({
  name,
  kind,
  key: publicHalf(key),
  id: idOf(name, kind, publicBytes(key)),
})

/** Of a log and its witness, as auditors are given them; null where it is not known. */
export type PublicKeys = { readonly log: string; readonly witness: string | null }

/** A public key in one line: what is given to whoever is to check. */
export const keyLine = ({ name, kind, key, id }: Verifier): string =>
  `${name}+${id.toString('hex')}+${Buffer.concat([Buffer.from([signatureKinds[kind]]), publicBytes(key)]).toString('base64')}`

/** Null where the line is none, or its parts do not belong together. */
export const readKeyLine = (line: string): Verifier | null => {
  const [, name = '', id = '', encoded = ''] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(line.trim()) ?? []
  const bytes = Buffer.from(encoded, 'base64')
  const kind = bytes[0] === signatureKinds.log ? 'log' : bytes[0] === signatureKinds.witness ? 'witness' : null
  if (!kind || bytes.length !== 33 || bytes.toString('base64') !== encoded) return null
  const known = idOf(name, kind, bytes.subarray(1))
  if (known.toString('hex') !== id) return null
  return { name, kind, id: known, key: createPublicKey({ key: Buffer.concat([spki, bytes.subarray(1)]), format: 'der', type: 'spki' }) }
}

const lineOf = (name: string, id: Buffer, bytes: Buffer): string => `— ${name} ${Buffer.concat([id, bytes]).toString('base64')}\n`

/** The whole note, signed by its log. */
export const signedNote = (text: string, log: Signer): string =>
  `${text}\n${lineOf(log.name, verifierOf(log, 'log').id, sign(null, Buffer.from(text), log.key))}`

const witnessed = (text: string, seconds: number): Buffer => Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`)

/** The line by which a witness says that, then, this was the largest tree it had seen of that log. */
export const cosigned = (text: string, witness: Signer, at: Date): string => {
  const seconds = Math.floor(at.getTime() / 1000)
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(seconds))
  return lineOf(witness.name, verifierOf(witness, 'witness').id, Buffer.concat([time, sign(null, witnessed(text, seconds), witness.key)]))
}

const readLine = (line: string): Signature | null => {
  const [, name = '', encoded = ''] = /^— ([^+\s]+) ([A-Za-z0-9+/]+=*)$/.exec(line) ?? []
  const bytes = Buffer.from(encoded, 'base64')
  return bytes.length > 4 ? { name, id: bytes.subarray(0, 4), bytes: bytes.subarray(4) } : null
}

/** Nothing below a space but the end of a line. */
const controls = (text: string): boolean => /[^\P{Cc}\n]/u.test(text)

/** More than this nobody signs: what is longer is not read. */
const longest = 64 * 1024

/** Null where it is no note: not a line more or less than the format has. */
export const readNote = (whole: string): Note | null => {
  const at = whole.lastIndexOf('\n\n')
  if (whole.length > longest || at < 0 || !whole.endsWith('\n') || controls(whole)) return null
  const signatures = whole
    .slice(at + 2, -1)
    .split('\n')
    .map(readLine)
  return signatures.every((one) => one !== null) ? { text: whole.slice(0, at + 1), signatures } : null
}

/** The signature lines alone, as a witness answers them; null where one is none. */
export const readSignatures = (lines: string): readonly Signature[] | null => {
  if (lines.length > longest || !lines.endsWith('\n')) return null
  const signatures = lines.slice(0, -1).split('\n').map(readLine)
  return signatures.every((one) => one !== null) ? signatures : null
}

/** Whether this key signed this text; of a witness, when. False as well where one of its signatures is wrong. */
export const signedBy = ({ text, signatures }: Note, verifier: Verifier): { readonly at: Date | null } | null => {
  const own = signatures.filter(({ name, id }) => name === verifier.name && id.equals(verifier.id))
  let at: Date | null = null
  for (const { bytes } of own) {
    const seconds = verifier.kind === 'witness' && bytes.length === 72 ? Number(bytes.readBigUInt64BE(0)) : null
    const right =
      verifier.kind === 'log'
        ? verify(null, Buffer.from(text), verifier.key, bytes)
        : seconds !== null && verify(null, witnessed(text, seconds), verifier.key, bytes.subarray(8))
    if (!right) return null
    if (seconds !== null) at = new Date(seconds * 1000)
  }
  return own.length > 0 ? { at } : null
}
