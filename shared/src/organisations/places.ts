import type { Level, Place } from '../access/scope.ts'

export const nowhere: Place = { nationId: null, networkId: null, regionId: null, departementId: null, structureId: null, siteId: null }

/** The place of an organisation under a parent: the parent's, and itself at its own level. */
export const placeUnder = (parent: Place, level: Level, id: string): Place => ({ ...parent, [`${level}Id`]: id })
