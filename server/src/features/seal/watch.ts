import type { Logger } from 'pino'
import { nobody } from '../../kernel/actor.ts'
import { runCommitted } from '../../kernel/commit.ts'
import type { Db } from '../../kernel/db.ts'
import { refusalIn } from '../../kernel/refused.ts'
import type { Signer } from '../../transparency/note.ts'
import { checks } from './check.store.ts'
import { checkSeal } from './check.ts'
import { tellSealBroken } from './tell.ts'

/** Checks the next stretch of the seal, and tells of what was found wrong, if nobody has been told yet. */
export const watchSeal = async (db: Db, signer: Signer, log: Logger): Promise<void> => {
  await checkSeal(db, signer, log)
  if ((await checks.get(db)).wrong) await refusalIn(runCommitted(tellSealBroken, { db, actor: nobody, origin: { channel: 'job' } }, null))
}
