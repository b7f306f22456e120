import type { RefusalCode } from '@countersign/shared/refusals.ts'
import type { FilingObjection } from '@countersign/shared/requests/filing.ts'
import type { Verdict } from '@countersign/shared/verdict.ts'

/** The one exception that is an answer: the policy said no, and this is the code of the reason. */
export class Refused extends Error {
  readonly code: RefusalCode
  /** What it was about, for the audit of refused attempts; null where nothing was named. */
  readonly target: string | null
  /** Objections to single fields of what was typed. */
  readonly fields: readonly FilingObjection[]

  constructor(code: RefusalCode, target: string | null = null, fields: readonly FilingObjection[] = []) {
    super(code)
    this.code = code
    this.target = target
    this.fields = fields
  }
}

/** Takes the value out of an answer that had to be written down even where it is no; then refuses with its code. */
export const unlessRefused = <T>(answer: T | { readonly refusal: RefusalCode }): T => {
  if (typeof answer === 'object' && answer !== null && 'refusal' in answer) throw new Refused(answer.refusal)
  return answer
}

/** Takes the value out of a verdict, or refuses with its code. */
export const orRefuse = <T>(verdict: Verdict<T>, target: string | null = null): T => {
  if (!verdict.ok) throw new Refused(verdict.refusal === 'out-of-scope' ? 'not-found' : verdict.refusal, target)
  return verdict.value
}

/** The code of the refusal in which an attempt ended, null where it did not; a bug is thrown on. */
export const refusalIn = async (attempt: Promise<unknown>): Promise<RefusalCode | null> => {
  try {
    await attempt
    return null
  } catch (error) {
    if (error instanceof Refused) return error.code
    throw error
  }
}
