/** What can be wrong where the audit is held against its seal: an entry is not what was sealed, is not there, or the tree is not the one that was signed. */
export const sealFaults = ['entry-changed', 'entry-missing', 'tree-changed'] as const
export type SealFault = (typeof sealFaults)[number]
