/** For the tests, which check thousands of bundles in one process. */
export class Verification {
  constructor(
    head: object,
    given: {
      readonly keyLine?: string
      readonly witnessLines?: readonly string[]
      readonly kept?: readonly { readonly note: string }[]
      readonly partial?: boolean
      /** The auditor's own clock, in milliseconds. */
      readonly now?: number
    },
  )
  take(part: object): void
  end(): readonly string[]
}
export function judgeProof(
  proof: object,
  given: { readonly keyLine?: string; readonly witnessLines?: readonly string[] },
): { readonly holds: boolean; readonly sentences: readonly string[] }
