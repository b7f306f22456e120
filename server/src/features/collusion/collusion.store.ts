import { organisation } from '@countersign/drizzle/schema/organisation.ts'
import type { Scope } from '@countersign/shared/access/scope.ts'
import type { EventType } from '@countersign/shared/events.ts'
import type { Goal } from '@countersign/shared/policy/attempts.ts'
import { searchWords } from '@countersign/shared/text/search.ts'
import { type SQL, sql } from 'drizzle-orm'
import { type Db, literal, type Tx, uuids } from '../../kernel/db.ts'
import { decodeCursor, type Page, toPage } from '../../kernel/page.ts'
import { within } from '../../kernel/scope.ts'
import { foldedName } from '../organisations/organisations.store.ts'

export type Numbers = Readonly<Record<Goal, number | null>>
export type MeasuredNumbers = Numbers & {
  readonly organisationId: string
  readonly accountSigners: number
  readonly credentialSigners: number
}

export type OrganisationRow = Numbers & {
  readonly id: string
  readonly name: string
  readonly level: 'region' | 'departement' | 'structure'
  readonly within: string | null
  /** The name of its network. */
  readonly network: string | null
  readonly accountSigners: number
  readonly credentialSigners: number
  readonly caseload: number
}

const pageSize = 50

/** What counts as "at least four" stands after everything that was found. */
const beyond = 9

const fewestOf = sql`least(coalesce(c.account, ${sql.raw(String(beyond))}), coalesce(c.credential, ${sql.raw(String(beyond))}), coalesce(c.role, ${sql.raw(String(beyond))}), coalesce(c.policy, ${sql.raw(String(beyond))}))`

/** Where an absence stops everything: for a new account, or for a reset. */
const tooFew = sql`(c.account_signers < 2 or c.credential_signers < 2)`

const inScope = (scope: Scope): SQL => within(scope, organisation)

/** What changes who could do what with whom. */
const weighing = [
  'role.granted',
  'role.revoked',
  'policy.set',
  'absence.announced',
  'absence.withdrawn',
  'account.created',
  'account.reset',
  'account.contact-changed',
  'account.suspended',
  'account.revoked',
  'account.locked-out',
  'account.reinstated',
  'account.ending-undone',
  'account.ending-explained',
  'account.enrolled',
  'account.contact-restored',
  'passkey.added',
  'passkey.removed',
  'identity.linked',
  'identity.unlinked',
  'organisations.imported',
  'network.founded',
] as const satisfies readonly EventType[]

export const collusion = {
  /** Puts what was measured in the place of what was measured before. */
  async write(db: Db, rows: readonly MeasuredNumbers[], now: Date): Promise<void> {
    if (rows.length === 0) return
    await db.execute(sql`
      insert into collusion_number (organisation_id, account, credential, role, policy, account_signers, credential_signers, measured_at)
      select "organisationId", account, credential, role, policy, "accountSigners", "credentialSigners", ${now}
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as n ("organisationId" uuid, account integer, credential integer, role integer, policy integer, "accountSigners" integer, "credentialSigners" integer)
      on conflict (organisation_id) do update set account = excluded.account, credential = excluded.credential, role = excluded.role, policy = excluded.policy,
        account_signers = excluded.account_signers, credential_signers = excluded.credential_signers, measured_at = excluded.measured_at,
        told_at = case when 1 in (excluded.account, excluded.credential, excluded.role, excluded.policy) then collusion_number.told_at end`)
  },

  /** When the whole network was measured last; null before the first time. */
  async measuredAt(db: Db): Promise<Date | null> {
    const { rows } = await db.execute<{ at: string | null }>(sql`select min(measured_at) as at from collusion_number`)
    return rows[0]?.at ? new Date(rows[0].at) : null
  },

  /** Has anything happened since that a number could hang on? What was being committed at that moment may be told a little earlier. */
  async outdated(db: Db, since: Date): Promise<boolean> {
    const { rowCount } = await db.execute(sql`
      select 1 from audit_entry where at >= ${since}::timestamptz - interval '10 seconds' and type = any(${sql.param([...weighing])}::text[]) limit 1`)
    return rowCount === 1
  },

  /** Where one account is enough and nobody was told yet, held; what for. */
  async untold(tx: Tx): Promise<readonly { readonly id: string; readonly goals: readonly Goal[] }[]> {
    const { rows } = await tx.execute<{ id: string; goals: Goal[] }>(sql`
      select organisation_id as id, array_remove(array[case when account = 1 then 'account' end, case when credential = 1 then 'credential' end, case when role = 1 then 'role' end, case when policy = 1 then 'policy' end], null) as goals
      from collusion_number where 1 in (account, credential, role, policy) and told_at is null order by organisation_id for update`)
    return rows
  },

  async setTold(tx: Tx, ids: readonly string[], now: Date): Promise<void> {
    await tx.execute(sql`update collusion_number set told_at = ${now} where organisation_id = any(${uuids(ids)})`)
  },

  async namesOf(db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const { rows } = await db.execute<{ id: string; name: string }>(
      sql`select id, given_name || ' ' || family_name as name from account where id = any(${uuids(ids)})`,
    )
    return new Map(rows.map(({ id, name }) => [id, name]))
  },

  /** Organisations of a scope, the weakest first. */
  async page(
    db: Db,
    scope: Scope,
    {
      words = '',
      thin = false,
      after,
      limit = pageSize,
    }: { words?: string | undefined; thin?: boolean; after?: string | undefined; limit?: number },
  ): Promise<Page<OrganisationRow>> {
    const cursor = decodeCursor(after, ['integer', 'text', 'uuid'])
    const holding = searchWords(words)
      .split(' ')
      .filter(Boolean)
      .map((word) => sql`and ${foldedName} like ${`%${literal(word)}%`}`)
    const { rows } = await db.execute<OrganisationRow & { fewest: number } & Record<string, unknown>>(sql`
      select organisation.id, organisation.name, organisation.level, above.name as within, network.name as network, organisation.total_caseload as caseload, ${fewestOf} as fewest,
        c.account, c.credential, c.role, c.policy, c.account_signers as "accountSigners", c.credential_signers as "credentialSigners"
      from organisation join collusion_number c on c.organisation_id = organisation.id left join organisation above on above.id = organisation.parent_id
        left join organisation network on network.id = organisation.network_id and network.id <> above.id
      where ${inScope(scope)} ${sql.join(holding, sql` `)} ${thin ? sql`and ${tooFew}` : sql``}
        ${cursor ? sql`and (${fewestOf}, organisation.name, organisation.id) > (${cursor[0]}::integer, ${cursor[1]}::text, ${cursor[2]}::uuid)` : sql``}
      order by ${fewestOf}, organisation.name, organisation.id limit ${limit + 1}`)
    return toPage(
      rows.map(({ fewest: _fewest, ...row }) => row),
      limit,
      (row) => [Math.min(...[row.account, row.credential, row.role, row.policy].map((one) => one ?? beyond)), row.name, row.id],
    )
  },

  /** The least of a scope, in how many organisations, and how many have fewer than two people to sign for an account or a reset. */
  async summary(db: Db, scope: Scope): Promise<{ fewest: number | null; organisations: number; thin: number }> {
    const { rows } = await db.execute<{ fewest: number; organisations: number; thin: number }>(sql`
      select ${fewestOf} as fewest, count(*)::int as organisations, sum(count(*) filter (where ${tooFew})) over ()::int as thin
      from organisation join collusion_number c on c.organisation_id = organisation.id where ${inScope(scope)} group by 1 order by 1 limit 1`)
    const [row] = rows
    return row ? { ...row, fewest: row.fewest === beyond ? null : row.fewest } : { fewest: null, organisations: 0, thin: 0 }
  },
}
