import { setTimeout as wait } from 'node:timers/promises'

const neutralMilliseconds = 400

/** Answers no sooner than this, whatever was found and however it ended: where the time an answer takes could tell whether an account exists. */
export const neutrally = async <T>(work: Promise<T>): Promise<T> => {
  await Promise.allSettled([work, wait(neutralMilliseconds)])
  return work
}
