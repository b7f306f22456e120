import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { count } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { type Outputs, trpc } from '../../lib/trpc.ts'
import { type Column, DataTable } from '../../table/data-table.tsx'
import { More } from '../../ui/more.tsx'
import { Empty, Failed, Skeleton } from '../../ui/screen.tsx'
import { When } from '../../ui/when.tsx'
import { Clock } from './clock.tsx'
import { IncidentState } from './incident-state.tsx'

type Row = Outputs['incidents']['list']['rows'][number]

const useColumns = (): readonly Column<Row, never>[] => {
  const { t } = useTranslation()
  const language = useLanguage()
  return [
    {
      id: 'name',
      header: t('incident.one'),
      plain: true,
      cell: (row) => (
        <div className="two">
          <Link to="/incidents/$incidentId" params={{ incidentId: row.id }}>
            {row.name}
          </Link>
          <span className="under">{row.place}</span>
        </div>
      ),
    },
    { id: 'state', header: t('accounts.status'), plain: true, cell: (row) => <IncidentState closedAt={row.closedAt} /> },
    { id: 'contained', header: t('incident.containedAccounts'), number: true, cell: (row) => count(row.contained, language) },
    { id: 'clock', header: t('incident.clock'), plain: true, cell: (row) => <Clock {...row} /> },
    { id: 'opened', header: t('incident.openedBy'), plain: true, cell: (row) => row.openedBy },
    { id: 'at', header: t('audit.columns.at'), plain: true, cell: (row) => <When at={row.openedAt} /> },
  ]
}

/** Every incident of one's scope, newest first. */
export const IncidentsPage = () => {
  const { t } = useTranslation()
  const columns = useColumns()
  const pages = useInfiniteQuery({
    ...trpc.incidents.list.infiniteQueryOptions({}, { getNextPageParam: (page) => page.next ?? undefined }),
    placeholderData: keepPreviousData,
  })
  if (pages.isError) return <Failed error={pages.error} reset={() => void pages.refetch()} />
  const rows = pages.data?.pages.flatMap((page) => page.rows) ?? []
  return (
    <div className="page">
      <h1>{t('nav.incidents')}</h1>
      <p className="soft" style={{ margin: 0 }}>
        {t('incident.hint')}
      </p>
      {pages.isPending ? <Skeleton /> : null}
      {pages.isSuccess && rows.length === 0 ? <Empty>{t('incident.none')}</Empty> : null}
      {rows.length > 0 ? <DataTable<Row> label={t('nav.incidents')} columns={columns} rows={rows} keyOf={(row) => row.id} /> : null}
      <More pages={pages} />
    </div>
  )
}
