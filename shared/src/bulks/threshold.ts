/** A mass action: more accounts than this, or more than this share of a structure, or a whole one. Policy; the database holds the first figure too. */
export const massAccounts = 100
export const massShare = 0.1

/** So few of one structure are single acts, however small it is; a whole structure of two is not. */
export const fewOfStructure = 3

/** More holders of roles than this at once: those who could answer are worth more than a number. */
export const fewHolders = 3

export type StructureTouched = { readonly touched: number; readonly accounts: number }

const isMassOf = ({ touched, accounts }: StructureTouched): boolean =>
  (touched > fewOfStructure && touched > accounts * massShare) || (touched > 1 && touched >= accounts)

/** Is taking away so much at once more than one person may make final alone? */
export const isMass = (accounts: number, holders: number, structures: readonly StructureTouched[]): boolean =>
  accounts > massAccounts || holders > fewHolders || structures.some(isMassOf)

type Ending = { readonly mass: boolean; readonly planned: number; readonly endedLately: number }

/** Is a bulk that takes access away told to everybody who could hold it up? A mass action cut into small ones is as loud as one. */
export const isLoud = ({ mass, planned, endedLately }: Ending): boolean => mass || endedLately + planned > massAccounts

/** What one person revokes alone within this time counts together: a mass action cut into clicks is one all the same. */
export const massHours = 24
