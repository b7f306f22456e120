import { z } from 'zod'
import { justification } from '../text/fields.ts'
import { accountSorts, narrowing } from './listing.ts'

/** As many as one finds one's way among. */
export const mostViews = 30

export const viewName = justification.pipe(z.string().max(60, 'field-too-long'))

/** What a view keeps: filters that are not understood are refused, so that no view ever means "everybody" by mistake. */
export const keptView = z.strictObject({
  name: viewName,
  search: z.strictObject({ ...narrowing, sort: z.enum(accountSorts).optional(), order: z.enum(['asc', 'desc']).optional() }),
  hidden: z.array(z.string().max(40)).max(20),
  shared: z.boolean(),
})
export type KeptView = z.infer<typeof keptView>
