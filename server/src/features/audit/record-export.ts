import type { Operation } from '../../kernel/commit.ts'
import { takeTicket } from '../sessions/export-ticket.ts'

/** That somebody took the audit out of the building is itself a fact of the audit, written before the first byte leaves. */
export const recordExport: Operation<{ readonly format: string; readonly filter: string }, true> = async (
  { actor },
  { format, filter },
) => ({
  value: true,
  events: [{ type: 'audit.exported', subject: actor.id, organisation: actor.organisationId, data: { format, filter } }],
})

/** The same for all that a filter finds, or for the whole log, which leave only behind a proof of just now. */
export const recordWholeExport: Operation<
  {
    readonly key: Buffer
    readonly ticket: string | null
    readonly on: 'audit' | 'bundle'
    readonly format: string
    readonly filter: string
  },
  true
> = async (work, { key, ticket, on, ...told }) => {
  await takeTicket(work, { key }, { on, ticket })
  return recordExport(work, told)
}
