import { z } from 'zod'
import { justification, plainText } from '../text/fields.ts'
import { strictListing } from './listing.ts'

/** As many as one finds one's way among. */
export const mostViews = 30

export const viewName = justification.pipe(z.string().max(60, 'field-too-long'))

export const keptView = z.strictObject({
  name: viewName,
  search: strictListing,
  hidden: z.array(plainText(40)).max(20),
  shared: z.boolean(),
})
export type KeptView = z.infer<typeof keptView>
