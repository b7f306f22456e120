import { z } from 'zod'
import { requestKinds } from './kinds.ts'
import { requestStatuses } from './status.ts'

/** One schema for the URL, the wire and the query of the requests. `queue` is what waits; `mine` is what I asked. */
export const listRequests = z.strictObject({
  view: z.enum(['queue', 'mine', 'all']).optional().catch(undefined),
  kind: z.enum(requestKinds).optional().catch(undefined),
  status: z.enum(requestStatuses).optional().catch(undefined),
})

export type ListRequests = z.infer<typeof listRequests>
