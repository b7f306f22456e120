import { credential } from '@countersign/drizzle/schema/credential.ts'
import { passkey } from '@countersign/drizzle/schema/passkey.ts'
import { eq, inArray, sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { type Db, type Tx, uuids } from '../../kernel/db.ts'
import { identities } from '../identities/identities.store.ts'

export type SignInCase = {
  readonly id: string
  readonly organisationId: string
  /** What is proven is proven of this epoch: a reset in between makes it worth nothing. */
  readonly epoch: number
  readonly passwordHash: string | null
  readonly totp: { readonly id: string; readonly sealed: string } | null
  readonly passkeys: number
}

export const credentials = {
  /** Everything a sign-in decides on. Only an active account that has not reached its end has an answer. */
  async forSignIn(db: Db, login: string): Promise<SignInCase | null> {
    const { rows } = await db.execute<{
      id: string
      organisation_id: string
      epoch: number
      password: string | null
      totp_id: string | null
      totp: string | null
      passkeys: number
    }>(sql`
      select a.id, a.organisation_id, a.epoch, p.secret as password, t.id as totp_id, t.secret as totp,
        (select count(*)::int from passkey k where k.account_id = a.id) as passkeys
      from account a
      left join credential p on p.account_id = a.id and p.kind = 'password'
      left join credential t on t.account_id = a.id and t.kind = 'totp'
      where a.login = ${login} and a.status = 'active' and a.ends_on >= current_date`)
    const row = rows[0]
    if (!row) return null
    return {
      id: row.id,
      organisationId: row.organisation_id,
      epoch: row.epoch,
      passwordHash: row.password,
      totp: row.totp_id && row.totp ? { id: row.totp_id, sealed: row.totp } : null,
      passkeys: row.passkeys,
    }
  },

  async totpOf(db: Db | Tx, accountId: string): Promise<SignInCase['totp']> {
    const [row] = await db
      .select({ id: credential.id, sealed: credential.secret })
      .from(credential)
      .where(sql`account_id = ${accountId} and kind = 'totp'`)
    return row ?? null
  },

  /** What a person has to prove themselves with. */
  async heldBy(db: Db | Tx, accountId: string) {
    const kinds = await db
      .select({ kind: credential.kind, secret: credential.secret, usedAt: credential.usedAt })
      .from(credential)
      .where(eq(credential.accountId, accountId))
    const totp = kinds.some(({ kind }) => kind === 'totp')
    const recoveryCodes = kinds.filter(({ kind, usedAt }) => kind === 'recovery-code' && usedAt === null).length
    const passkeys = await db.select({ id: passkey.credentialId }).from(passkey).where(eq(passkey.accountId, accountId))
    return {
      totp,
      recoveryCodes,
      passkeys,
      secondFactor: totp || passkeys.length > 0,
      passwordHash: kinds.find(({ kind }) => kind === 'password')?.secret ?? null,
    }
  },

  /** Somebody with a password and no second factor. Who has neither yet is asked for both by their invitation. */
  async lacksSecondFactor(tx: Tx, accountId: string): Promise<boolean> {
    const { passwordHash, secondFactor } = await credentials.heldBy(tx, accountId)
    return passwordHash !== null && !secondFactor
  },

  async forget(tx: Tx, accountIds: readonly string[]): Promise<void> {
    await tx.delete(credential).where(inArray(credential.accountId, [...accountIds]))
    await tx.delete(passkey).where(inArray(passkey.accountId, [...accountIds]))
    await identities.forget(tx, accountIds)
    // Nor is any browser theirs any more: whoever comes in next, and from wherever, their owner is told.
    await tx.execute(sql`
      with gone as (delete from known_device where account_id = any(${uuids(accountIds)}))
      insert into known_device (account_id, device_key, last_seen_at) select id, 'forgotten', now() from unnest(${uuids(accountIds)}) as a (id)
      on conflict (account_id, device_key) do update set last_seen_at = excluded.last_seen_at`)
  },

  /** A TOTP step is accepted once: of any number at the same instant one gets true. */
  async useTotpStep(tx: Tx, id: string, step: number): Promise<boolean> {
    const { rowCount } = await tx.execute(
      sql`update credential set last_step = ${step} where id = ${id} and coalesce(last_step, 0) < ${step}`,
    )
    return rowCount === 1
  },

  async useRecoveryCode(tx: Tx, accountId: string, codeHash: string, now: Date): Promise<boolean> {
    const { rowCount } = await tx.execute(sql`
      update credential set used_at = ${now} where account_id = ${accountId} and kind = 'recovery-code' and secret = ${codeHash} and used_at is null`)
    return rowCount === 1
  },

  /** Replaces all of a person's credentials by those set through one link. */
  async replace(
    tx: Tx,
    owner: { accountId: string; linkId: string; now: Date },
    kinds: readonly ('password' | 'totp' | 'recovery-code')[],
    set: readonly { kind: 'password' | 'totp' | 'recovery-code'; secret: string; lastStep?: number }[],
  ): Promise<void> {
    await tx.execute(sql`delete from credential where account_id = ${owner.accountId} and kind = any(${sql.param([...kinds])}::text[])`)
    await tx.insert(credential).values(
      set.map(({ kind, secret, lastStep }) => ({
        id: uuid(),
        accountId: owner.accountId,
        kind,
        secret,
        linkId: owner.linkId,
        createdAt: owner.now,
        lastStep: lastStep ?? null,
      })),
    )
  },
}
