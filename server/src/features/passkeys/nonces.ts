import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** For whom and for what a nonce was made: it is worth nothing to anybody else. */
export type NonceFor = `session:${string}` | `request:${string}:${string}` | `link:${string}` | `export:${string}` | 'sign-in'

/** A person reads before they decide; whoever signs in does it now. */
export const nonceMinutes = 60

const macLength = 16
const macOf = (key: Buffer, holder: NonceFor, body: Buffer): Buffer =>
  createHmac('sha256', key).update(`countersign:nonce:${holder}\n`).update(body).digest().subarray(0, macLength)

/** 32 bytes in base64url: when it was made, 80 random bits, and a mark that only we can make. Nothing is stored until it is spent. */
export const newNonce = (key: Buffer, holder: NonceFor, now: Date = new Date()): string => {
  const body = Buffer.concat([Buffer.alloc(6), randomBytes(10)])
  body.writeUIntBE(now.getTime(), 0, 6)
  return Buffer.concat([body, macOf(key, holder, body)]).toString('base64url')
}

/** When it was made; null where it was not made here, for somebody else, or too long ago. */
export const readNonce = (key: Buffer, holder: NonceFor, nonce: string, now: Date = new Date()): Date | null => {
  const bytes = Buffer.from(nonce, 'base64url')
  if (bytes.length !== 32) return null
  const body = bytes.subarray(0, 16)
  if (!timingSafeEqual(macOf(key, holder, body), bytes.subarray(16))) return null
  const madeAt = new Date(body.readUIntBE(0, 6))
  return now.getTime() - madeAt.getTime() <= nonceMinutes * 60_000 ? madeAt : null
}
