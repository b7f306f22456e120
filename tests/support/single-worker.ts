import { personOfToken } from '@countersign/server/kernel/actor.ts'
import { openDb, openPool } from '@countersign/server/kernel/db.ts'
import { hashToken } from '@countersign/server/kernel/secrets.ts'
import { callerOf, requestOf } from './caller.ts'

type Task = { readonly url: string; readonly token: string } & (
  | { readonly revoke: string }
  | { readonly approve: { readonly requestId: string; readonly seen: string } }
)

/** Does one thing and tells when it is done; the test kills it on the way. */
const task: Task = JSON.parse(process.argv[2] ?? '')
const db = openDb(openPool(task.url, 1))
const call = callerOf(requestOf(db, await personOfToken(db, hashToken(task.token))))
await ('revoke' in task ? call.accounts.revoke({ accountIds: [task.revoke] }) : call.requests.approve(task.approve))
process.send?.('done')
await new Promise(() => setInterval(() => undefined, 1000))
