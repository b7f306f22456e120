/** Wrong answers before a lock (CNIL: 10 at most; the sanctioned system had 50), with a growing delay from the fourth. */
export const failuresBeforeLock = 10
const delaysFrom = 4
export const lockMinutes = 15

/** Wrong answers from networks nobody knows, all together within the time of a lock: more are not people who mistype. */
export const strangersBeforeLock = 100

/** Until when the next attempt must wait after so many failures in a row; null where it need not. */
export const waitUntil = (failures: number, lastAt: Date | null): Date | null => {
  if (!lastAt || failures < delaysFrom) return null
  const seconds = failures >= failuresBeforeLock ? lockMinutes * 60 : 2 ** (failures - delaysFrom + 1)
  return new Date(lastAt.getTime() + seconds * 1000)
}
