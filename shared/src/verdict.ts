import type { RefusalCode } from './refusals.ts'

/** What a policy answers: a value, or the code of the reason why not. Never an exception. */
export type Verdict<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: RefusalCode }

/** A rule looks at one complete case and objects with a code, or does not. */
export type Rule<Case> = (subject: Case) => RefusalCode | false

export const granted = <T>(value: T): Verdict<T> => ({ ok: true, value })
export const refused = (refusal: RefusalCode): Verdict<never> => ({ ok: false, refusal })

/** The first objection wins, so the order of the rules is part of the specification. */
export const firstObjection = <Case>(rules: readonly Rule<Case>[], subject: Case): RefusalCode | null => {
  for (const rule of rules) {
    const objection = rule(subject)
    if (objection) return objection
  }
  return null
}
