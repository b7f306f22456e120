import type { RefusalCode } from '@countersign/shared/refusals.ts'
import { hash, verify } from '@node-rs/argon2'
import { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common'

const shortest = 12

const strength = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs })

/** argon2id with OWASP's parameters: 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export const hashPassword = (password: string): Promise<string> => hash(password.normalize('NFKC'), cost)

export const verifyPassword = (stored: string, password: string): Promise<boolean> => verify(stored, password.normalize('NFKC'))

/** A hash of nothing anybody knows: an unknown login costs the same time as a wrong password. */
export const nobodysHash: Promise<string> = hash(crypto.randomUUID(), cost)

/** What stands against a password its owner chose; null where nothing does. Their own name and login are no secret. */
export const objectionToPassword = (password: string, owner: readonly string[]): RefusalCode | null => {
  if ([...password.normalize('NFKC')].length < shortest) return 'password-too-short'
  return strength.check(password, [...owner, 'countersign', 'contreseing']).score < 3 ? 'password-common' : null
}
