import { sql } from 'drizzle-orm'
import type { Tx } from '../../kernel/db.ts'
import { plainKey } from '../passkeys/relying-party.ts'

/** As much of an account as replaying the log has to lead to. */
export type AccountState = {
  readonly id: string
  readonly status: string
  readonly profile: string
  readonly organisationId: string
  /** A day, as YYYY-MM-DD. */
  readonly endsOn: string
  /** Who it is and where they are reached: the hash that the database puts beside whatever makes or moves it. */
  readonly identity: string
  /** Roles in force, each with the organisation it is over. */
  readonly roles: readonly (readonly [role: string, over: string])[]
  /** What else opens it: its passkeys with their public keys, and who it is elsewhere, as issuer and subject. */
  readonly passkeys: readonly (readonly [id: string, publicKey: string])[]
  readonly identities: readonly string[]
}

/** As the entry tells it that brought the passkey; what is no key at all stands as it is, and is no key that was told. */
const keyAsTold = (hex: string): string => {
  try {
    return plainKey(Buffer.from(hex, 'hex'))
  } catch {
    return hex
  }
}

export const states = {
  /** By id, so many after this one. */
  async after(tx: Tx, id: string | null, limit: number): Promise<readonly AccountState[]> {
    const { rows } = await tx.execute<AccountState & Record<string, unknown>>(sql`
      select a.id, a.status, a.profile_id as profile, a.organisation_id as "organisationId", a.ends_on::text as "endsOn",
        identity_hash(a.identity_salt, a.login, a.given_name, a.family_name, a.email, a.phone) as identity, coalesce((
        select json_agg(json_build_array(g.role, g.organisation_id) order by g.role, g.organisation_id)
        from role_grant g where g.account_id = a.id and g.revoked_at is null), '[]'::json) as roles,
        coalesce((select json_agg(json_build_array(p.id, encode(p.public_key, 'hex')) order by p.id) from passkey p where p.account_id = a.id), '[]'::json) as passkeys,
        coalesce((select json_agg(i.issuer || ' ' || i.subject order by i.id) from identity i where i.account_id = a.id), '[]'::json) as identities
      from account a where a.id > ${id ?? '00000000-0000-0000-0000-000000000000'}::uuid order by a.id limit ${limit}`)
    return rows.map(({ passkeys, ...row }) => ({ ...row, passkeys: passkeys.map(([id, key]) => [id, keyAsTold(key)] as const) }))
  },
}
