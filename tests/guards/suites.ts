/** One thing that stands in the way of an attack, and how it is taken out: in the database of the test, or in the source. */
export type Guard = { readonly name: string; readonly suites: readonly Suite[] } & (
  | { readonly sql: string }
  | { readonly file: string; readonly out: readonly [from: string, to: string] }
)
export type Suite = { readonly project: 'unit' | 'integration' | 'attack' | 'races' | 'failure'; readonly file: string }

export const promises: Suite = { project: 'integration', file: 'database/promises' }
export const races: Suite = { project: 'races', file: 'races-of-access' }
export const holes: Suite = { project: 'attack', file: 'holes' }
export const matrix: Suite = { project: 'attack', file: 'matrix' }
export const door: Suite = { project: 'attack', file: 'door' }
export const credentials: Suite = { project: 'integration', file: 'credentials' }
export const accounts: Suite = { project: 'integration', file: 'accounts' }
export const owners: Suite = { project: 'integration', file: 'policy-owners' }
export const independence: Suite = { project: 'integration', file: 'independence' }
export const counts: Suite = { project: 'integration', file: 'integration/counts' }
export const bulks: Suite = { project: 'integration', file: 'integration/bulks' }
export const requests: Suite = { project: 'integration', file: 'integration/requests' }
export const incidents: Suite = { project: 'integration', file: 'integration/incidents' }
export const retention: Suite = { project: 'integration', file: 'integration/retention' }
export const policies: Suite = { project: 'integration', file: 'integration/policy' }
export const replica: Suite = { project: 'failure', file: 'failure/replica' }
export const passkeys: Suite = { project: 'integration', file: 'integration/passkeys' }
export const proofs: Suite = { project: 'unit', file: 'unit/proofs' }
export const seal: Suite = { project: 'integration', file: 'integration/seal' }
export const tampering: Suite = { project: 'integration', file: 'integration/tampering' }
export const witness: Suite = { project: 'unit', file: 'unit/witness' }
export const identities: Suite = { project: 'integration', file: 'integration/identities' }
export const rules: Suite = { project: 'integration', file: 'integration/rules' }
export const contact: Suite = { project: 'integration', file: 'integration/contact' }
export const trial: Suite = { project: 'integration', file: 'integration/trial' }
export const rulesAlone: Suite = { project: 'unit', file: 'unit/rules' }
export const absences: Suite = { project: 'integration', file: 'integration/absences' }
export const collusion: Suite = { project: 'attack', file: 'attack/collusion' }
export const signals: Suite = { project: 'integration', file: 'integration/signals' }
