import { z } from 'zod'

/** What the list of organisations can be asked in its address. */
export const listOrganisations = z.object({
  words: z.string().max(100).optional().catch(undefined),
  /** Those alone where fewer than two people could sign. */
  thin: z.literal(true).optional().catch(undefined),
})
