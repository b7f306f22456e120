import { isIP } from 'node:net'
import type pg from 'pg'
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'

/**
 * Attempts from one address and the seconds they are counted over. Generous, because a whole mission locale may stand behind
 * one address; what protects a single account is its own counter. Counted in the database, so that any number of processes are one door;
 * while it does not answer each process counts for itself.
 */
const doors = {
  'sign-in': { points: 300, duration: 900 },
  /** Wrong answers of a whole network, whichever account they are for: passwords sprayed over many accounts meet a wall. */
  'sign-in-failed': { points: 60, duration: 900 },
  /** What one browser brings back from an identity provider is redeemed there once, by the state it was asked with. */
  redeem: { points: 1, duration: 1800 },
  'ask-reset': { points: 20, duration: 3600 },
  link: { points: 200, duration: 900 },
  /** By person and not by address: a whole team's accounts in an afternoon, and no flood. */
  file: { points: 200, duration: 3600 },
  /** Each writes down a list that may be long. */
  'dry-run': { points: 60, duration: 3600 },
  /** Each may read the whole of one's scope. */
  export: { points: 60, duration: 3600 },
} as const

/** Calls of one person that may be under way at once: more than any screen asks, and fewer than would crowd out everybody else. */
const mostAtOnce = { call: 12, stream: 12 } as const
export type Work = keyof typeof mostAtOnce

export type Door = keyof typeof doors
export type Limits = {
  /** Have so many been counted already that the next would not be allowed? Counts nothing. */
  readonly spent: (door: Door, who: string) => Promise<boolean>
  readonly allow: (door: Door, who: string) => Promise<boolean>
  /** Begins a piece of work for somebody; null where they have as much under way as anybody may. Call what it gives when it ends. */
  readonly begin: (work: Work, who: string) => (() => void) | null
}

/** Who has an IPv6 address has a whole /64 of them: that is what is counted. */
export const networkOf = (address: string): string => {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '')
  if (isIP(plain) !== 6) return plain
  const [head = '', tail = ''] = plain.split('::')
  const [first, last] = [head.split(':').filter(Boolean), tail.split(':').filter(Boolean)]
  const groups = plain.includes('::') ? [...first, ...Array.from({ length: 8 - first.length - last.length }, () => '0'), ...last] : first
  return groups.slice(0, 4).join(':')
}

/** Failures are counted by prefix, because who has one address of a network often has the others: /24 of IPv4, /48 of IPv6. */
export const prefixOf = (address: string): string => {
  const network = networkOf(address)
  return isIP(network) === 4 ? network.split('.').slice(0, 3).join('.') : network.split(':').slice(0, 3).join(':')
}

const keyOf = (door: Door, who: string): string => (door === 'sign-in-failed' ? prefixOf(who) : networkOf(who))

export const openLimits = (pool: pg.Pool): Limits => {
  const counting = (door: Door, clears = false) =>
    new RateLimiterPostgres({
      ...doors[door],
      storeClient: pool,
      tableName: 'door_count',
      tableCreated: true,
      keyPrefix: door,
      clearExpiredByTimeout: clears,
      insuranceLimiter: new RateLimiterMemory({ ...doors[door], keyPrefix: door }),
    })
  const limiters = {
    // One of them clears away what has run out, for all.
    'sign-in': counting('sign-in', true),
    'sign-in-failed': counting('sign-in-failed'),
    'ask-reset': counting('ask-reset'),
    redeem: counting('redeem'),
    link: counting('link'),
    file: counting('file'),
    'dry-run': counting('dry-run'),
    export: counting('export'),
  } satisfies Record<Door, RateLimiterPostgres>
  const underWay = new Map<string, number>()
  return {
    spent: async (door, address) => ((await limiters[door].get(keyOf(door, address)))?.consumedPoints ?? 0) >= doors[door].points,
    allow: async (door, address) => {
      try {
        await limiters[door].consume(keyOf(door, address))
        return true
      } catch (spent) {
        if (spent instanceof RateLimiterRes) return false
        throw spent
      }
    },
    begin: (work, who) => {
      const key = `${work} ${who}`
      const now = underWay.get(key) ?? 0
      if (now >= mostAtOnce[work]) return null
      underWay.set(key, now + 1)
      return () => {
        const left = (underWay.get(key) ?? 1) - 1
        if (left > 0) underWay.set(key, left)
        else underWay.delete(key)
      }
    },
  }
}
