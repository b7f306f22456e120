import { scopeOf } from '@countersign/shared/access/scope.ts'
import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { runCommitted } from '../../kernel/commit.ts'
import type { Db } from '../../kernel/db.ts'
import { inclusionRanges } from '../../transparency/merkle.ts'
import type { Request as Ours } from '../../trpc.ts'
import { audit } from '../audit/audit.store.ts'
import { recordExport } from '../audit/record-export.ts'
import { checkpoints } from './checkpoints.store.ts'
import { rangeHashes } from './range-hashes.ts'
import { seal } from './seal.store.ts'

export const proofFormat = 'countersign-proof/1'

/** That this entry stands at its place in a log of which the head was signed; null while it has none. Prefers what a witness has seen. */
const proofOf = async (db: Db, entryId: string, key: string) => {
  const leaf = await seal.leafOf(db, entryId)
  if (!leaf?.entry) return null
  const seen = await checkpoints.newestWitnessed(db)
  const checkpoint = seen && seen.checkpoint.size > leaf.position ? seen.checkpoint : await checkpoints.newest(db)
  if (!checkpoint || checkpoint.size <= leaf.position) return null
  const hashes = await rangeHashes(db, inclusionRanges(leaf.position, [0, checkpoint.size]))
  return {
    proof: proofFormat,
    position: leaf.position,
    entry: leaf.entry,
    hashes: hashes.map((hash) => hash.toString('base64')),
    checkpoint: checkpoint.note,
    cosignatures: (await checkpoints.cosignatures(db, checkpoint.size)).map(({ line }) => line),
    key,
  }
}

/** What proves an entry this person may read; null where there is none, or it has no place yet. */
const provenTo = async ({ db, publicKeys }: Ours, reader: Parameters<typeof audit.named>[1], entryId: string) => {
  const [row] = await audit.named(db, reader, [entryId])
  const proof = row ? await proofOf(db, row.id, publicKeys.log) : null
  return row && proof ? { id: row.id, proof } : null
}

/** `GET /export/proof/<entry>.json`: what shows anybody that this entry is in the sealed log, without the rest of it. */
export const exportProof =
  (context: (request: Request, response: Response) => Promise<Ours>): RequestHandler =>
  async (request, response) => {
    const entryId = z.uuid().safeParse(request.params['entryId'])
    const ctx = await context(request, response)
    const { person } = ctx
    const scope = person ? scopeOf(person, 'audit:read') : []
    if (!person || scope.length === 0) {
      response.status(person ? 403 : 401).json({ refusal: person ? 'not-permitted' : 'not-signed-in' })
      return
    }
    if (!(await ctx.limits.allow('export', person.id))) {
      response.status(429).json({ refusal: 'too-many' })
      return
    }
    const found = entryId.success ? await provenTo(ctx, { id: person.id, scope }, entryId.data) : null
    if (!found) {
      response.status(404).json({ refusal: 'not-found' })
      return
    }
    await runCommitted(recordExport, { db: ctx.db, actor: person, origin: ctx.origin }, { format: 'proof', filter: found.id })
    response.setHeader('Content-Disposition', `attachment; filename="proof-${found.proof.position}.json"`)
    response.json(found.proof)
  }
