import { link } from '@countersign/drizzle/schema/credential.ts'
import { sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import type { Db, Tx } from '../../kernel/db.ts'
import { hashToken } from '../../kernel/secrets.ts'

export type LinkKind = 'invitation' | 'reset' | 'enrolment' | 'disown'

/** How long each kind opens (DOMAIN section 4, NIST 800-63B-4), once more from when its mail is written: the database sees to it. */
export const linkHours = { invitation: 24, reset: 1, enrolment: 24, disown: 72 } as const satisfies Record<LinkKind, number>

export type OpenLink = {
  readonly id: string
  readonly kind: LinkKind
  readonly accountId: string
  readonly requestId: string
  readonly login: string
  readonly givenName: string
  readonly organisationId: string
  readonly roles: number
}

/** What lets somebody say that another contact was not theirs: it gives nothing, and outlives their being out. The database says the same (P5). */
export const outlivesEnding = sql`(l.kind = 'disown' and exists (select 1 from request r where r.id = l.request_id and r.kind = 'change-contact'))`

export const links = {
  async make(
    tx: Tx,
    { kind, accountId, requestId, now }: { kind: LinkKind; accountId: string; requestId: string; now: Date },
  ): Promise<void> {
    const expiresAt = new Date(now.getTime() + linkHours[kind] * 3_600_000)
    await tx.insert(link).values({ id: uuid(), kind, accountId, requestId, createdAt: now, expiresAt })
  },

  /**
   * A new link for a credential ends the older ones. What was enrolled ends "this was not me" too, the person has answered; but not about
   * another contact: whoever enrols reads at the new one, and it is the old one that is asked.
   */
  async voidUnused(tx: Tx, accountId: string, now: Date, kept: readonly LinkKind[] = []): Promise<void> {
    await tx.execute(
      sql`update link l set voided_at = ${now} where account_id = ${accountId} and kind <> all(${sql.param([...kept])}::text[]) and used_at is null and voided_at is null and not ${outlivesEnding}`,
    )
  },

  /** The link a token opens, if it is alive and its account is: expired, used, voided and unknown all read the same. */
  async open(db: Db | Tx, token: string): Promise<OpenLink | null> {
    const { rows } = await db.execute<OpenLink & Record<string, unknown>>(sql`
      select l.id, l.kind, l.account_id as "accountId", l.request_id as "requestId", a.login, a.given_name as "givenName", a.organisation_id as "organisationId",
        (select count(*)::int from role_grant g where g.account_id = a.id and g.revoked_at is null) as roles
      from link l join account a on a.id = l.account_id and a.ends_on >= current_date
        and (a.status = 'active' or a.status = 'suspended' and ${outlivesEnding})
      where l.token_hash = ${hashToken(token)} and l.used_at is null and l.voided_at is null and l.expires_at > now()`)
    return rows[0] ?? null
  },

  /** Consumes a link; of any number at the same instant one gets true. */
  async use(tx: Tx, id: string, now: Date): Promise<boolean> {
    const { rowCount } = await tx.execute(sql`update link set used_at = ${now} where id = ${id} and used_at is null and voided_at is null`)
    return rowCount === 1
  },

  /**
   * Gives an unused link its token, at the moment the mail is written; the text of it is returned once and kept nowhere. What is about
   * another contact is asked for by its request: a later mail to the new address must not take the link away from the old one. Each notice
   * has the link that was made with it, however many wait to be sent.
   */
  async mint(
    db: Db,
    {
      accountId,
      kinds,
      hash,
      entryId = null,
      requestId = null,
    }: { accountId: string; kinds: readonly LinkKind[]; hash: Buffer; entryId?: string | null; requestId?: string | null },
  ): Promise<{ id: string; kind: LinkKind; expiresAt: Date } | null> {
    const { rows } = await db.execute<{ id: string; kind: LinkKind; expires_at: string }>(sql`
      update link set token_hash = ${hash} where id = (
        select l.id from link l where l.account_id = ${accountId} and kind = any(${sql.param([...kinds])}::text[]) and ${requestId ? sql`l.request_id = ${requestId}` : sql`not ${outlivesEnding}`} and used_at is null and voided_at is null
          and created_at > now() - interval '72 hours' and (token_hash is null or expires_at > now())
        order by created_at = (select e.at from audit_entry e where e.id = ${entryId}::uuid) desc, created_at desc limit 1)
      and used_at is null and voided_at is null
      returning id, kind, expires_at`)
    const row = rows[0]
    return row ? { id: row.id, kind: row.kind, expiresAt: new Date(row.expires_at) } : null
  },
}
