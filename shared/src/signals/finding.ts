/** Every rule there is; each has its sentence in the translations. */
export const signalRules = [
  'burst-of-requests',
  'burst-in-structure',
  'burst-of-endings',
  'off-hours',
  'new-network-asks',
  'new-account-asks',
  'reset-then-asks',
  'creators-device',
  'dormant-awake',
  'impossible-pace',
  'failures-then-success',
  'refused-own',
  'refused-scope',
  'look-alike',
  'role-in-and-out',
  'canary-used',
  'structure-at-once',
] as const
export type SignalRule = (typeof signalRules)[number]

export const severities = ['notice', 'serious', 'critical'] as const
export type Severity = (typeof severities)[number]

/**
 * What happened, in numbers beside what is normal here, and the facts that show it. Never a score: the sentence is made of these
 * numbers and of nothing else.
 */
export type Finding = {
  readonly rule: SignalRule
  readonly severity: Severity
  /** Whose account a click would suspend; null where it is about a whole structure. */
  readonly accountId: string | null
  readonly structureId: string | null
  /** Apart from others of the same rule: bursts of resets are none of creations. */
  readonly part?: string
  readonly numbers: Readonly<Record<string, number | string | null>>
  /** Entries of the audit, in the order they happened. */
  readonly facts: readonly string[]
}
