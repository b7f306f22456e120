import { demoMail } from '@countersign/drizzle/schema/outbox.ts'
import { desc, sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import type { Db } from '../../kernel/db.ts'

export const mailbox = {
  /** The newest hundred of what the demo would have sent. */
  async list(db: Db) {
    return db.select().from(demoMail).orderBy(desc(demoMail.sentAt), desc(demoMail.id)).limit(100)
  },

  async keep(db: Db, mail: { accountId: string; recipient: string; subject: string; body: string }): Promise<void> {
    await db.insert(demoMail).values({ id: uuid(), ...mail, sentAt: sql`now()` })
  },
}
