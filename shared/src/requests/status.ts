export const requestStatuses = ['pending', 'executed', 'rejected', 'cancelled', 'expired', 'voided'] as const
export type RequestStatus = (typeof requestStatuses)[number]

export const requestVerbs = ['execute', 'reject', 'cancel', 'expire', 'void'] as const
export type RequestVerb = (typeof requestVerbs)[number]

/** Execution is in the transaction of the last approval, so "approved but not executed" is a state nobody can be caught in. */
export const nextRequestStatus = {
  pending: { execute: 'executed', reject: 'rejected', cancel: 'cancelled', expire: 'expired', void: 'voided' },
  executed: {},
  rejected: {},
  cancelled: {},
  expired: {},
  voided: {},
} as const satisfies Record<RequestStatus, Partial<Record<RequestVerb, RequestStatus>>>

/** Why a pending request, or a signature under one, fell without anybody having refused it. */
export const voidReasons = [
  'account-ended',
  'approver-ended',
  'role-revoked',
  'superseded',
  'content-changed',
  'contact-changed',
  'not-independent',
] as const
export type VoidReason = (typeof voidReasons)[number]

export const callBackOutcomes = ['confirmed', 'denied', 'not-reached', 'someone-else'] as const
export type CallBackOutcome = (typeof callBackOutcomes)[number]
