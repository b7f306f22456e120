import type { Origin } from '@countersign/drizzle/schema/audit-entry.ts'
import type { Permission } from '@countersign/shared/access/permissions.ts'
import { holds } from '@countersign/shared/access/scope.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import type { FilingObjection } from '@countersign/shared/requests/filing.ts'
import { initTRPC, TRPCError } from '@trpc/server'
import type { Logger } from 'pino'
import { ZodError } from 'zod'
import type { FlowCookie } from './features/identities/flow.ts'
import type { Provider } from './features/identities/providers.ts'
import type { RelyingParty } from './features/passkeys/relying-party.ts'
import { type Nobody, nobody, type Person } from './kernel/actor.ts'
import { type Operation, runCommitted } from './kernel/commit.ts'
import type { Db } from './kernel/db.ts'
import type { Door, Limits } from './kernel/limits.ts'
import type { Live } from './kernel/live.ts'
import { Refused } from './kernel/refused.ts'
import { refusedByReplica } from './kernel/replica.ts'
import type { PublicKeys } from './transparency/note.ts'

/** What every procedure may use. `demo` mounts the mailbox and the one-click sign-in, on loopback alone. */
export type Request = {
  readonly db: Db
  readonly live: Live
  readonly log: Logger
  readonly person: Person | null
  /** Another database that shows all this call may expect to see, if there is one. */
  readonly reading: () => Promise<Db | null>
  readonly origin: Origin
  readonly key: Buffer
  readonly relyingParty: RelyingParty
  /** Where people may sign in besides here, and what this browser remembers of one who is there. */
  readonly providers: readonly Provider[]
  readonly flow: FlowCookie
  readonly demo: boolean
  readonly limits: Limits
  /** The public keys of the sealed audit and of its witness, a line each; null in a process that does not know it. */
  readonly publicKeys: PublicKeys
  readonly setSession: (token: string | null) => void
}

type Meta = { readonly permission?: Permission; readonly open?: true }

/** How a refusal reads in HTTP; a code that is not listed is a conflict with the state of things. */
const statusOf: { readonly [C in RefusalCode]?: TRPCError['code'] } = {
  'not-found': 'NOT_FOUND',
  'organisation-unknown': 'BAD_REQUEST',
  'not-signed-in': 'UNAUTHORIZED',
  'sign-in-failed': 'UNAUTHORIZED',
  'second-factor-needed': 'UNAUTHORIZED',
  'code-wrong': 'UNAUTHORIZED',
  'passkey-wrong': 'UNAUTHORIZED',
  'identity-unknown': 'UNAUTHORIZED',
  'provider-refused': 'UNAUTHORIZED',
  'provider-answer-wrong': 'UNAUTHORIZED',
  'provider-one-factor': 'UNAUTHORIZED',
  'too-many': 'TOO_MANY_REQUESTS',
  'not-permitted': 'FORBIDDEN',
  'own-request': 'FORBIDDEN',
  'own-account': 'FORBIDDEN',
  'not-independent': 'FORBIDDEN',
  'link-dead': 'NOT_FOUND',
}

export type WireRefusal = {
  readonly code: RefusalCode | null
  readonly fields: readonly { readonly field: string | null; readonly message: string }[]
}

const wire = (cause: unknown): WireRefusal => {
  if (cause instanceof Refused)
    return { code: cause.code, fields: cause.fields.map(({ field, refusal }: FilingObjection) => ({ field, message: refusal })) }
  if (cause instanceof ZodError)
    return { code: null, fields: cause.issues.map(({ path, message }) => ({ field: path.map(String).join('.'), message })) }
  return { code: null, fields: [] }
}

const t = initTRPC
  .context<Request>()
  .meta<Meta>()
  .create({
    errorFormatter: ({ shape, error }) => ({
      ...shape,
      message: error.code === 'INTERNAL_SERVER_ERROR' ? 'unexpected' : shape.message,
      data: { code: shape.data.code, httpStatus: shape.data.httpStatus, path: shape.data.path, refusal: wire(error.cause) },
    }),
    sse: { ping: { enabled: true, intervalMs: 10_000 }, client: { reconnectAfterInactivityMs: 25_000 } },
  })

/** A refused attempt is a fact auditors ask about; it is written in its own transaction, because the attempt's was rolled back. */
const recordRefusal: Operation<
  { readonly operation: string; readonly code: RefusalCode; readonly target: string | null },
  undefined
> = async ({ actor }, { operation, code, target }) => ({
  value: undefined,
  events: [
    {
      type: 'attempt.refused',
      subject: actor.id,
      organisation: actor.organisationId,
      data: { operation, code, target },
    },
  ],
})

/** What a log may say of a bug: its kind, the database's code and our own lines; never a message, which may carry somebody's data. */
const faultOf = (error: unknown) => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return {
    error: cause instanceof Error ? cause.name : 'unknown',
    code: typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined,
    at:
      error instanceof Error
        ? error.stack
            ?.split('\n')
            .filter((line) => line.includes('/server/src/'))
            .slice(0, 5)
        : undefined,
  }
}

/** What a form or a file has to be corrected for, and nothing besides. */
const ofTheForm: readonly RefusalCode[] = ['nothing-to-do', 'file-without-names', 'selection-too-large', 'resets-too-many']

/** A form that has to be corrected is no attempt at anything. */
const mistyped = ({ code, fields }: Refused): boolean =>
  ofTheForm.includes(code) ||
  (fields.length > 0 && fields.every(({ field }) => field !== null && !['accountId', 'organisationId', 'role'].includes(field)))

const isUuid = (text: string | null): text is string => text !== null && /^[0-9a-f-]{36}$/i.test(text)

/** Turns refusals into answers with a status, writes down who was refused what, and lets no bug speak to the client. */
const answering = t.middleware(async ({ ctx, path, type, next }) => {
  const result = await next()
  if (result.ok) return result
  const { cause } = result.error
  if (!(cause instanceof Refused)) {
    if (result.error.code === 'INTERNAL_SERVER_ERROR') ctx.log.error({ path, ...faultOf(cause) }, 'an operation broke')
    return result
  }
  // A flood is not written down word for word: that would be the flood's second half.
  if (type === 'mutation' && ctx.person && cause.code !== 'not-signed-in' && cause.code !== 'too-many' && !mistyped(cause)) {
    const input = { operation: path, code: cause.code, target: isUuid(cause.target) ? cause.target : null }
    await runCommitted(recordRefusal, { db: ctx.db, actor: ctx.person, origin: ctx.origin }, input).catch((error: unknown) => {
      if (!(error instanceof Refused)) throw error
    })
  }
  throw new TRPCError({ code: statusOf[cause.code] ?? 'CONFLICT', message: cause.code, cause })
})

export const router = t.router
export const createCallerFactory = t.createCallerFactory

/** For people who have proved nothing yet. Every one of them is listed in the architecture test. */
export const open = t.procedure
  .meta({ open: true })
  .use(answering)
  .use(({ ctx, next }) => next({ ctx: { ...ctx, actor: nobody as Nobody } }))

/** The public doors: as often as an office full of people behind one address needs, and no more often. */
export const sparingly = (door: Door) =>
  open.use(async ({ ctx, next }) => {
    if (!(await ctx.limits.allow(door, ctx.origin.address ?? ''))) throw new Refused('too-many')
    return next({ ctx })
  })

/** For anybody signed in, about themselves. */
export const signedIn = t.procedure.use(answering).use(async ({ ctx, type, next }) => {
  if (!ctx.person) throw new TRPCError({ code: 'UNAUTHORIZED', message: 'not-signed-in', cause: new Refused('not-signed-in') })
  const actor = ctx.person
  if (type === 'subscription') return next({ ctx: { ...ctx, actor } })
  const end = ctx.limits.begin('call', actor.id)
  if (!end) throw new TRPCError({ code: 'TOO_MANY_REQUESTS', message: 'too-many', cause: new Refused('too-many') })
  try {
    return await next({ ctx: { ...ctx, actor } })
  } finally {
    end()
  }
})

/** For holders of a permission, anywhere; where exactly is for the operation's rules and the query's `where`. */
export const permitted = (permission: Permission) =>
  signedIn.meta({ permission }).use(({ ctx, next }) => {
    if (!holds(ctx.actor, permission))
      throw new TRPCError({ code: 'FORBIDDEN', message: 'not-permitted', cause: new Refused('not-permitted') })
    return next({ ctx })
  })

/** Lists: the same, read from the replica where there is one, and from the primary as soon as that one cannot. */
export const listing = (permission: Permission) =>
  permitted(permission).use(async ({ ctx, next }) => {
    const db = await ctx.reading()
    if (!db) return next({ ctx })
    const answer = await next({ ctx: { ...ctx, db } })
    return answer.ok || !refusedByReplica(answer.error.cause) ? answer : next({ ctx })
  })
