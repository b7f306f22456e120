import type { Logger } from 'pino'
import { nobody } from '../../kernel/actor.ts'
import { runCommitted } from '../../kernel/commit.ts'
import type { Db } from '../../kernel/db.ts'
import { refusalIn } from '../../kernel/refused.ts'
import type { Signer } from '../../transparency/note.ts'
import { checks } from './check.store.ts'
import { checkSeal } from './check.ts'
import { seal } from './seal.store.ts'
import { SealBroken, sealLedger } from './seal.ts'
import { tellSealBroken } from './tell.ts'

const tell = (db: Db) => refusalIn(runCommitted(tellSealBroken, { db, actor: nobody, origin: { channel: 'job' } }, null))

/** Checks the next stretch of the seal, and tells of what was found wrong, if nobody has been told yet. */
export const watchSeal = async (db: Db, signer: Signer, log: Logger): Promise<void> => {
  await checkSeal(db, signer, log)
  if ((await checks.get(db)).wrong) await tell(db)
}

/** Seals what has come; a tree that is not the one that was signed is found wrong at once and not when the check comes by. */
export const sealOrTell = async (db: Db, signer: Signer, log: Logger, stopped: () => boolean): Promise<void> => {
  try {
    await sealLedger(db, signer, stopped)
  } catch (error) {
    if (error instanceof SealBroken && !(await checks.get(db)).wrong) {
      const { size } = await seal.end(db)
      log.error({ position: size - 1, fault: 'tree-changed' }, 'the audit is not what was sealed')
      await db.transaction((tx) => checks.wrong(tx, Math.max(0, size - 1), 'tree-changed'))
      await tell(db)
    }
    throw error
  }
}
