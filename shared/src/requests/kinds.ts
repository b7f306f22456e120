/** The kinds a person fills in a form for, those a bulk asks for, and the policy's own. Each is one request with its full content: the request is the operation. */
export const formKinds = ['create-account', 'reset-credentials', 'change-contact', 'reinstate', 'grant-role'] as const
export const requestKinds = [...formKinds, 'reinstate-bulk', 'revoke-bulk', 'set-policy'] as const
export type FormKind = (typeof formKinds)[number]
export type RequestKind = (typeof requestKinds)[number]
