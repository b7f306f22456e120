import { canonicalJson, type Json } from '@countersign/shared/requests/canonical.ts'

/** An entry of the audit as it is sealed: all of it, instants in microseconds of UTC. Numbers within its data are those ECMAScript reads. */
export type SealableEntry = {
  readonly id: string
  readonly at: string
  readonly recordedAt: string
  /** The transaction that wrote it, in decimal. */
  readonly transaction: string
  /** The order it was written in, in decimal; null for what is older than the sealed log. */
  readonly number: string | null
  readonly type: string
  readonly actorId: string | null
  readonly subjectId: string
  readonly organisationId: string | null
  /** Where it is seen: nation, network, region, département, structure, site. */
  readonly place: readonly (string | null)[]
  readonly origin: Json
  readonly data: Json
}

/** The canonical text of an entry (RFC 8785): what its leaf is the hash of. */
export const entryText = (entry: SealableEntry): string => canonicalJson(entry)
