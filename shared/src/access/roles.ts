/** The roles of the field; their French names stand in the translations. An account without a role has only its own page. */
export const roles = ['account-manager', 'supervisor', 'reset-manager', 'it-admin', 'auditor', 'policy-owner'] as const

export type Role = (typeof roles)[number]
