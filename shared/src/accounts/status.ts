export const accountStatuses = ['active', 'suspended', 'revoked'] as const
export type AccountStatus = (typeof accountStatuses)[number]

export const accountVerbs = ['suspend', 'revoke', 'reinstate'] as const
export type AccountVerb = (typeof accountVerbs)[number]

/** Every change of state there is; what is not listed cannot happen. Revoked is final: the person comes back as a new request. */
export const nextAccountStatus = {
  active: { suspend: 'suspended', revoke: 'revoked' },
  suspended: { revoke: 'revoked', reinstate: 'active' },
  revoked: {},
} as const satisfies Record<AccountStatus, Partial<Record<AccountVerb, AccountStatus>>>

/** The status a verb leads to from here, or undefined where the verb does not apply. */
export const statusAfter = (status: AccountStatus, verb: AccountVerb): AccountStatus | undefined => {
  const row: Partial<Record<AccountVerb, AccountStatus>> = nextAccountStatus[status]
  return row[verb]
}

/** Who suspended or revoked may take that very act back for this long, alone (P1). */
export const undoSeconds = 30

/** Chosen after the click, never before it: containment does not wait for a form. */
export const endReasons = ['suspected-hijack', 'left', 'denied-reset', 'error-in-rights', 'duplicate', 'other'] as const
export type EndReason = (typeof endReasons)[number]

/** Reasons that say somebody else may know the password: it is forgotten, and coming back takes a reset too. */
export const knownToOthers: readonly EndReason[] = ['suspected-hijack', 'denied-reset']
