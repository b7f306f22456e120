import { firstObjection, granted, type Rule, refused, type Verdict } from '../verdict.ts'

/** More passkeys than this nobody carries. */
const mostPasskeys = 10

/** What somebody has to prove themselves with, and whether their access was reset, and taken up again, within a day. */
export type AddingCase = {
  readonly password: boolean
  readonly secondFactor: boolean
  readonly passkeys: number
  readonly resetLately: boolean
}

/** Whoever has a password alone is given their first factor through a link, or a thief of it would stay. */
const addingRules: readonly Rule<AddingCase>[] = [
  ({ password, secondFactor }) => password && !secondFactor && 'factor-by-link',
  ({ resetLately }) => resetLately && 'factor-after-reset',
  ({ passkeys }) => passkeys >= mostPasskeys && 'passkeys-enough',
]

/** May somebody add a passkey to their own account? */
export const decideAddingPasskey = (subject: AddingCase): Verdict<true> => {
  const objection = firstObjection(addingRules, subject)
  return objection ? refused(objection) : granted(true)
}

/** The last second factor stays: only a countersigned reset replaces it. */
export const decideRemovingPasskey = ({ passkeys, totp }: { readonly passkeys: number; readonly totp: boolean }): Verdict<true> =>
  passkeys > 1 || totp ? granted(true) : refused('last-factor')
