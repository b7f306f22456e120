import { Refused } from '../../kernel/refused.ts'
import { open, router } from '../../trpc.ts'
import { mailbox } from './mailbox.store.ts'

export const mailboxRouter = router({
  /** The demo's stand-in for everybody's mailbox; not found anywhere else. */
  list: open.query(({ ctx }) => {
    if (!ctx.demo) throw new Refused('not-found')
    return mailbox.list(ctx.db)
  }),
})
