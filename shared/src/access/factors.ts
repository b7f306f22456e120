import { firstObjection, granted, type Rule, refused, type Verdict } from '../verdict.ts'

/** More passkeys than this nobody carries. */
const mostPasskeys = 10

/** What somebody has to prove themselves with, and whether their access was reset, and taken up again, within a day. */
type Standing = { readonly password: boolean; readonly secondFactor: boolean; readonly resetLately: boolean }

/** Whoever has a password alone is given their first factor through a link, or a thief of it would stay. */
const anyFactor: readonly Rule<Standing>[] = [
  ({ password, secondFactor }) => password && !secondFactor && 'factor-by-link',
  ({ resetLately }) => resetLately && 'factor-after-reset',
]

export type AddingCase = Standing & { readonly passkeys: number }

const addingRules: readonly Rule<AddingCase>[] = [...anyFactor, ({ passkeys }) => passkeys >= mostPasskeys && 'passkeys-enough']

/** May somebody add a passkey to their own account? */
export const decideAddingPasskey = (subject: AddingCase): Verdict<true> => {
  const objection = firstObjection(addingRules, subject)
  return objection ? refused(objection) : granted(true)
}

export type LinkingCase = Standing & {
  /** They have an identity at that provider already, and whether somebody else has this very one. */
  readonly linked: boolean
  readonly taken: boolean
}

/** Another way in is one more factor: it comes by the same rules, and one identity opens one account. */
const linkingRules: readonly Rule<LinkingCase>[] = [
  ...anyFactor,
  ({ linked }) => linked && 'identity-linked',
  ({ taken }) => taken && 'identity-taken',
]

/** May somebody sign in to their own account through this identity from now on? */
export const decideLinkingIdentity = (subject: LinkingCase): Verdict<true> => {
  const objection = firstObjection(linkingRules, subject)
  return objection ? refused(objection) : granted(true)
}

/** The last second factor stays: only a countersigned reset replaces it. */
export const decideRemovingPasskey = ({ passkeys, totp }: { readonly passkeys: number; readonly totp: boolean }): Verdict<true> =>
  passkeys > 1 || totp ? granted(true) : refused('last-factor')
