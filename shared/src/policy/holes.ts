import type { RefusalCode } from '../refusals.ts'

/** The holes that others had in their four eyes (DOMAIN section 3). One guard closes each here; without it one account is enough. */
export const holes = ['H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'H7', 'H8', 'H9', 'H10', 'H11', 'H12', 'H13', 'H14', 'H15'] as const
export type Hole = (typeof holes)[number]

/** The rules of countersigning that close a hole: set aside, their objection is not made. */
export const closedByRule: Partial<Record<Hole, readonly RefusalCode[]>> = {
  H4: ['own-request'],
  // Where nobody known asked, whoever calls is the first of the two people it takes.
  H5: ['already-approved', 'called-back-yourself'],
  H10: ['content-changed'],
  H12: ['not-independent'],
}

/**
 * The others are closed by what cannot happen at all, so the search has no rule to set aside: each line says who would be enough if it could.
 * That shows what these guards are worth; that they hold is shown by attacking them (`tests/attack/holes.test.ts`).
 */
export const closedByShape = {
  /** Another entrance carries out what nobody signed. */
  H1: 'asker',
  /** A relay signs in its own name what its user asked. */
  H2: 'asker',
  /** A command of the console skips the signature. */
  H3: 'administrator',
  /** Nobody is named who may do without, and that means everybody. */
  H6: 'anybody',
  /** Nobody is there to sign, and that means yes. */
  H7: 'asker-where-nobody-signs',
  /** Who administers all decides alone. */
  H8: 'administrator',
  /** Nobody answered in time, and that means yes. */
  H9: 'asker',
  /** Who was asked for comes in by "forgotten password" before anybody signed. */
  H11: 'asker-of-account',
  /** What is being signed is changed at the same instant. */
  H13: 'asker-and-honest-signer',
  /** An invitation outlives whoever asked for it. */
  H14: 'inviter',
  /** What a request needs is changed while it waits. */
  H15: 'asker',
} as const satisfies Partial<Record<Hole, string>>

export type Shape = (typeof closedByShape)[keyof typeof closedByShape]
