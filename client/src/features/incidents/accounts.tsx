import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { count, exactly } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { type Outputs, trpc } from '../../lib/trpc.ts'
import { type Column, DataTable } from '../../table/data-table.tsx'
import { More } from '../../ui/more.tsx'
import { Failed, Skeleton } from '../../ui/screen.tsx'
import { AccountState } from '../../ui/state.tsx'

type Row = Outputs['incidents']['accounts']['rows'][number]

/** Why an account is in the file, in words. */
export const useReason = () => {
  const { t } = useTranslation()
  return ({ kind, touchedBy }: Pick<Row, 'kind' | 'touchedBy'>): string =>
    kind && touchedBy ? t('cascade.by', { kind: t(`cascade.kind.${kind}`), name: touchedBy }) : t('cascade.suspect')
}

/** Its accounts: why each is in, since when, what it could reach, and what became of it. */
export const IncidentAccounts = ({ incidentId }: { incidentId: string }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const reason = useReason()
  const columns: readonly Column<Row, never>[] = [
    {
      id: 'account',
      header: t('bulk.account'),
      plain: true,
      cell: (row) => (
        <div className="two wraps">
          <Link to="/accounts/$accountId" params={{ accountId: row.accountId }}>
            {row.name}
          </Link>
          <span className="under">
            {row.login} · {row.place}
          </span>
        </div>
      ),
    },
    {
      id: 'why',
      header: t('incident.why'),
      plain: true,
      cell: (row) => (
        <div className="two wraps">
          <span>{reason(row)}</span>
          <span className="under">{t('incident.since', { at: exactly(row.since, language) })}</span>
        </div>
      ),
    },
    {
      id: 'files',
      header: t('cascade.files'),
      number: true,
      cell: (row) => count(row.files, language),
    },
    {
      id: 'state',
      header: t('accounts.status'),
      plain: true,
      cell: (row) => (
        <div className="two">
          <AccountState status={row.status} />
          {row.contained ? null : <span className="under">{t('incident.leftAlone')}</span>}
        </div>
      ),
    },
  ]
  const pages = useInfiniteQuery({
    ...trpc.incidents.accounts.infiniteQueryOptions({ incidentId }, { getNextPageParam: (page) => page.next ?? undefined }),
    placeholderData: keepPreviousData,
  })
  if (pages.isError) return <Failed error={pages.error} reset={() => void pages.refetch()} />
  if (pages.isPending) return <Skeleton rows={4} />
  const rows = pages.data.pages.flatMap((page) => page.rows)
  return (
    <section className="stack tight">
      <h2>{t('incident.accounts')}</h2>
      <DataTable<Row> label={t('incident.accounts')} columns={columns} rows={rows} keyOf={(row) => row.accountId} />
      <More pages={pages} />
    </section>
  )
}
