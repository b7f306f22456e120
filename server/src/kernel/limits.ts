import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'

/**
 * Attempts from one address and the seconds they are counted over. Generous, because a whole mission locale may stand behind
 * one address; what protects a single account is its own counter. Each process counts for itself.
 */
const doors = {
  'sign-in': { points: 300, duration: 900 },
  'ask-reset': { points: 20, duration: 3600 },
  link: { points: 200, duration: 900 },
} as const

export type Door = keyof typeof doors
export type Limits = { readonly allow: (door: Door, address: string) => Promise<boolean> }

export const openLimits = (): Limits => {
  const limiters = new Map(Object.entries(doors).map(([door, limit]) => [door, new RateLimiterMemory(limit)]))
  return {
    allow: async (door, address) => {
      try {
        await limiters.get(door)?.consume(address)
        return true
      } catch (spent) {
        if (spent instanceof RateLimiterRes) return false
        throw spent
      }
    },
  }
}
