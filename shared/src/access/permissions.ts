import type { RequestKind } from '../requests/kinds.ts'
import type { Role } from './roles.ts'

/** Who may do what, one line a permission: "who may revoke?" is answered by reading one line. */
export const permissions = {
  'account:read': ['account-manager', 'supervisor', 'reset-manager', 'it-admin', 'auditor', 'policy-owner'],
  'account:suspend': ['supervisor', 'it-admin'],
  'account:revoke': ['supervisor', 'it-admin'],
  'role:revoke': ['policy-owner', 'it-admin'],
  'organisation:read': ['account-manager', 'supervisor', 'reset-manager', 'it-admin', 'auditor', 'policy-owner'],
  'request:read': ['account-manager', 'supervisor', 'reset-manager', 'it-admin', 'auditor', 'policy-owner'],
  'request:file:create-account': ['account-manager', 'supervisor'],
  'request:file:reset-credentials': ['account-manager', 'supervisor', 'it-admin'],
  'request:file:change-contact': ['account-manager', 'supervisor', 'it-admin'],
  'request:file:reinstate': ['account-manager', 'supervisor', 'it-admin', 'policy-owner'],
  'request:file:grant-role': ['supervisor', 'it-admin', 'policy-owner'],
  'request:countersign': ['supervisor', 'reset-manager', 'policy-owner', 'it-admin'],
  'absence:announce': ['supervisor', 'reset-manager', 'policy-owner', 'it-admin'],
  'request:call-back': ['reset-manager'],
  'incident:read': ['supervisor', 'it-admin', 'auditor', 'policy-owner'],
  'incident:keep': ['supervisor', 'it-admin', 'policy-owner'],
  'signal:read': ['supervisor', 'reset-manager', 'it-admin', 'auditor', 'policy-owner'],
  'signal:settle': ['supervisor', 'it-admin', 'policy-owner'],
  'canary:place': ['policy-owner'],
  'policy:read': ['supervisor', 'reset-manager', 'it-admin', 'auditor', 'policy-owner'],
  'request:file:set-policy': ['policy-owner'],
  'audit:read': ['supervisor', 'it-admin', 'auditor', 'policy-owner'],
  'audit:export': ['auditor'],
  'delivery:read': ['it-admin'],
} as const satisfies Record<string, readonly Role[]>

export type Permission = keyof typeof permissions

/** Which permission files which kind of request. */
export const filedWith = {
  'create-account': 'request:file:create-account',
  'reset-credentials': 'request:file:reset-credentials',
  'change-contact': 'request:file:change-contact',
  reinstate: 'request:file:reinstate',
  'grant-role': 'request:file:grant-role',
  'reinstate-bulk': 'request:file:reinstate',
  'revoke-bulk': 'account:revoke',
  'set-policy': 'request:file:set-policy',
} as const satisfies Record<RequestKind, Permission>
