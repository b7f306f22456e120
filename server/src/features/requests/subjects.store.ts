import { account } from '@countersign/drizzle/schema/account.ts'
import type { ProfileId } from '@countersign/shared/accounts/profiles.ts'
import type { AccountStatus } from '@countersign/shared/accounts/status.ts'
import { eq, or } from 'drizzle-orm'
import type { Db, Tx } from '../../kernel/db.ts'

export type Subject = {
  readonly id: string
  readonly status: AccountStatus
  readonly endsOn: string
  readonly organisationId: string
  readonly profileId: ProfileId
  readonly email: string
  readonly phone: string
  readonly contactChangedAt: Date | null
}

const columns = {
  id: account.id,
  status: account.status,
  endsOn: account.endsOn,
  organisationId: account.organisationId,
  profileId: account.profileId,
  email: account.email,
  phone: account.phone,
  contactChangedAt: account.contactChangedAt,
}

/** The account a request is about, as far as filing needs to know it. */
export const subjects = {
  async find(tx: Db | Tx, id: string): Promise<Subject | null> {
    const [row] = await tx.select(columns).from(account).where(eq(account.id, id))
    return row ?? null
  },

  /** For the public page: the one active account with this login or e-mail. Two accounts on one mailbox answer to their logins alone. */
  async named(db: Db, name: string): Promise<string | null> {
    const rows = await db
      .select({ id: account.id, status: account.status })
      .from(account)
      .where(or(eq(account.login, name), eq(account.email, name)))
      .limit(2)
    const [only, second] = rows
    return only && !second && only.status === 'active' ? only.id : null
  },
}
