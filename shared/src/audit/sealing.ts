/** What can be wrong where the audit is held against its seal: an entry is not what was sealed, is not there, the tree is not the one that was signed, or somebody outside has seen another. */
export const sealFaults = ['entry-changed', 'entry-missing', 'tree-changed', 'contradicted'] as const
export type SealFault = (typeof sealFaults)[number]

/** What contradicts a checkpoint where it is brought, or makes its witness's answer worthless: somebody must look. */
export const contradictions = ['another-log', 'longer-log', 'was-longer', 'not-cosigned'] as const
export type Contradiction = (typeof contradictions)[number]
