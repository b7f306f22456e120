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

/** Takes the value out of a verdict, or refuses with its code. */
export const orRefuse = <T>(verdict: Verdict<T>, target: string | null = null): T => {
  if (!verdict.ok) throw new Refused(verdict.refusal === 'out-of-scope' ? 'not-found' : verdict.refusal, target)
  return verdict.value
}
