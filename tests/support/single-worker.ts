import { advance } from '@countersign/server/features/bulks/advance.ts'
import { ordererOf, personOfToken } from '@countersign/server/kernel/actor.ts'
import { runCommitted } from '@countersign/server/kernel/commit.ts'
import { openDb, openPool } from '@countersign/server/kernel/db.ts'
import { hashToken } from '@countersign/server/kernel/secrets.ts'
import { callerOf, requestOf } from './caller.ts'

type Task = { readonly url: string; readonly token: string } & (
  | { readonly advance: string; readonly ordererId: string }
  | { readonly revoke: string }
  | { readonly approve: { readonly requestId: string; readonly seen: string } }
)

/** Does one thing; the test kills it on the way. */
const task: Task = JSON.parse(process.argv[2] ?? '')
const db = openDb(openPool(task.url, 1))
const person = await personOfToken(db, hashToken(task.token))
const call = callerOf(requestOf(db, person))
const act = (): Promise<unknown> => {
  if ('advance' in task)
    return runCommitted(
      advance,
      { db, actor: ordererOf(task.ordererId, person?.epoch ?? 0), origin: { channel: 'job' } },
      { bulkId: task.advance },
    )
  return 'revoke' in task ? call.accounts.revoke({ accountIds: [task.revoke] }) : call.requests.approve(task.approve)
}
// All that are killed together begin together: none has waited at the gate for the others to be born.
process.send?.('ready')
await new Promise((go) => process.once('message', go))
await act()
await new Promise(() => setInterval(() => undefined, 1000))
