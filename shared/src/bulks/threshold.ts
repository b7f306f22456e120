import type { Policy } from '../policy/policy.ts'

/** A mass action: more accounts than the policy says, or more than its share of a structure, or a whole one. The database holds the first too. */
export type MassPolicy = Pick<Policy, 'massAccounts' | 'massPercent'>

/** So few of one structure are single acts, however small it is; a whole structure of two is not. */
export const fewOfStructure = 3

/** More holders of roles than this at once: those who could answer are worth more than a number. */
export const fewHolders = 3

export type StructureTouched = { readonly touched: number; readonly accounts: number }

const isMassOf = ({ touched, accounts }: StructureTouched, { massPercent }: MassPolicy): boolean =>
  (touched > fewOfStructure && touched * 100 > accounts * massPercent) || (touched > 1 && touched >= accounts)

export type Taken = { readonly accounts: number; readonly holders: number; readonly structures: readonly StructureTouched[] }

/** Is taking away so much at once more than one person may make final alone? */
export const isMass = ({ accounts, holders, structures }: Taken, policy: MassPolicy): boolean =>
  accounts > policy.massAccounts || holders > fewHolders || structures.some((one) => isMassOf(one, policy))

type Ending = { readonly mass: boolean; readonly planned: number; readonly endedLately: number }

/** Is a bulk that takes access away told to everybody who could hold it up? A mass action cut into small ones is as loud as one. */
export const isLoud = ({ mass, planned, endedLately }: Ending, { massAccounts }: MassPolicy): boolean =>
  mass || endedLately + planned > massAccounts

/** What one person revokes alone within this time counts together: a mass action cut into clicks is one all the same. */
export const massHours = 24
