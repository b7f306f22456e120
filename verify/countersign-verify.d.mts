/** For the tests, which check thousands of bundles in one process. */
export class Verification {
  constructor(
    head: object,
    given: { readonly keyLine?: string; readonly witnessLines?: readonly string[]; readonly kept?: readonly string[] },
  )
  take(part: object): void
  end(): readonly string[]
}
