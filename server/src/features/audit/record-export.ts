import type { Operation } from '../../kernel/commit.ts'

/** That somebody took the audit out of the building is itself a fact of the audit, written before the first byte leaves. */
export const recordExport: Operation<{ readonly format: string; readonly filter: string }, true> = async (
  { actor },
  { format, filter },
) => ({
  value: true,
  events: [{ type: 'audit.exported', subject: actor.id, organisation: actor.organisationId, data: { format, filter } }],
})
