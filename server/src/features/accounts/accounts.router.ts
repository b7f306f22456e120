import { roles } from '@countersign/shared/access/roles.ts'
import { covers, scopeOf } from '@countersign/shared/access/scope.ts'
import { listAccounts, narrowAccounts } from '@countersign/shared/accounts/listing.ts'
import { reachedOrganisation } from '@countersign/shared/accounts/profiles.ts'
import { endReasons } from '@countersign/shared/accounts/status.ts'
import type { EventType } from '@countersign/shared/events.ts'
import { optionalComment } from '@countersign/shared/text/fields.ts'
import { z } from 'zod'
import { commit } from '../../kernel/commit.ts'
import type { Db } from '../../kernel/db.ts'
import { paging } from '../../kernel/page.ts'
import { Refused } from '../../kernel/refused.ts'
import { listing, permitted, router, signedIn } from '../../trpc.ts'
import { organisations } from '../organisations/organisations.store.ts'
import { sessions } from '../sessions/sessions.store.ts'
import { counts } from './counts.store.ts'
import { accountDetail } from './detail.store.ts'
import { disown } from './disown.ts'
import { revoke, suspend } from './end.ts'
import { explain } from './explain.ts'
import { type AccountRow, accountListing } from './listing.store.ts'
import { revokeRole } from './revoke-role.ts'
import { undo } from './undo.ts'

/** As many as one may tick; more is a bulk. */
const ticked = z.strictObject({ accountIds: z.array(z.uuid()).min(1).max(200) })

/** When and where somebody signs in is told with their sessions, to the same readers. */
const ofSessions: ReadonlySet<EventType> = new Set(['session.opened', 'session.closed', 'sign-in.failed'])

const detailOf = async (db: Db, row: AccountRow) => {
  const [contact, life, lineage, grants, requests, atStake] = await Promise.all([
    accountDetail.contact(db, row.id),
    accountDetail.life(db, row.id),
    accountDetail.lineage(db, row.id),
    accountDetail.grants(db, row.id),
    accountDetail.requests(db, row.id),
    accountDetail.atStake(db, row.id),
  ])
  const home = contact ? await organisations.find(db, contact.organisationId) : null
  const reached = home ? await accountDetail.reach(db, reachedOrganisation(row.profileId, home.place)) : null
  return { ...row, phone: contact?.phone ?? '', life, lineage, grants, requests, atStake, reached, home }
}

export const accountsRouter = router({
  list: listing('account:read')
    .input(listAccounts.extend(paging))
    .query(async ({ ctx, input: { cursor, direction: _direction, ...filters } }) => {
      await accountListing.holdOrder(ctx.db, ctx.actor, filters)
      return accountListing.page(ctx.db, ctx.actor, { ...filters, after: cursor })
    }),

  facets: listing('account:read')
    .input(narrowAccounts)
    .query(({ ctx, input }) => counts.facets(ctx.db, ctx.actor, input)),

  get: permitted('account:read')
    .input(z.strictObject({ accountId: z.uuid() }))
    .query(async ({ ctx, input }) => {
      const row = await accountListing.one(ctx.db, ctx.actor, input.accountId)
      if (!row) throw new Refused('not-found', input.accountId)
      const { home, ...detail } = await detailOf(ctx.db, row)
      // Sessions tell where somebody is: for those who could end them, not for every reader.
      const mayEnd = home && covers(scopeOf(ctx.actor, 'account:suspend'), home.place)
      const life = mayEnd ? detail.life : detail.life.filter(({ type }) => !ofSessions.has(type))
      return { ...detail, life, sessions: mayEnd ? await sessions.of(ctx.db, row.id) : null }
    }),

  mine: signedIn.query(async ({ ctx }) => {
    const row = await accountListing.one(ctx.db, ctx.actor, ctx.actor.id, [])
    if (!row) throw new Refused('not-found')
    const { home: _home, ...detail } = await detailOf(ctx.db, row)
    const own = await sessions.of(ctx.db, row.id)
    return { ...detail, twoFactor: ctx.actor.twoFactor, sessions: own.map((one) => ({ ...one, current: one.id === ctx.actor.sessionId })) }
  }),

  suspend: permitted('account:suspend').input(ticked).mutation(commit(suspend)),
  revoke: permitted('account:revoke').input(ticked).mutation(commit(revoke)),
  undo: permitted('account:suspend')
    .input(z.strictObject({ accountId: z.uuid() }))
    .mutation(commit(undo)),
  explain: permitted('account:suspend')
    .input(ticked.extend({ reason: z.enum(endReasons), note: optionalComment }))
    .mutation(commit(explain)),
  revokeRole: permitted('role:revoke')
    .input(z.strictObject({ accountId: z.uuid(), role: z.enum(roles), organisationId: z.uuid() }))
    .mutation(commit(revokeRole)),
  disown: signedIn.mutation(commit(disown)),
})
