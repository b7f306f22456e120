import { z } from 'zod'
import { eventTypes } from '../events.ts'

/** One schema for the URL, the wire and the query of the audit. */
export const listAudit = z.strictObject({
  actor: z.uuid().optional().catch(undefined),
  subject: z.uuid().optional().catch(undefined),
  organisation: z.uuid().optional().catch(undefined),
  type: z.enum(eventTypes).optional().catch(undefined),
  since: z.iso.date().optional().catch(undefined),
  until: z.iso.date().optional().catch(undefined),
})

export type ListAudit = z.infer<typeof listAudit>
