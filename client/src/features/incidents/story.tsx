import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { toTheSecond } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { type Outputs, trpc } from '../../lib/trpc.ts'
import { type Column, DataTable } from '../../table/data-table.tsx'
import { More } from '../../ui/more.tsx'
import { Failed, Skeleton } from '../../ui/screen.tsx'
import { useActorless, useEntryDetail } from '../../ui/timeline.tsx'

export type Told = Outputs['incidents']['story']['rows'][number]

/** Whom or what an entry is about, by name. */
export const useSubject = () => {
  const { t } = useTranslation()
  return ({ subject: { kind, name, id } }: Told): string => {
    if (kind === 'request') return `${t('audit.request')} ${name ?? ''}`
    if (kind === 'bulk') return t('audit.bulk')
    return name ?? id.slice(0, 8)
  }
}

/** Who did what when, from the beginning, out of the audit. */
export const Story = ({ incidentId }: { incidentId: string }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const detail = useEntryDetail()
  const actorless = useActorless()
  const subject = useSubject()
  const about = (row: Told) =>
    row.subject.kind === 'account' ? (
      <Link to="/accounts/$accountId" params={{ accountId: row.subject.id }}>
        {subject(row)}
      </Link>
    ) : row.subject.kind === 'request' ? (
      <Link to="/requests" search={{ view: 'all', request: row.subject.id }}>
        {subject(row)}
      </Link>
    ) : (
      subject(row)
    )
  const columns: readonly Column<Told, never>[] = [
    { id: 'at', header: t('audit.columns.at'), plain: true, cell: (row) => <time dateTime={row.at}>{toTheSecond(row.at, language)}</time> },
    { id: 'what', header: t('audit.columns.type'), plain: true, cell: (row) => <span className="strong">{t(`event.${row.type}`)}</span> },
    { id: 'who', header: t('audit.columns.actor'), cell: (row) => row.actor?.name ?? <span className="soft">{actorless(row)}</span> },
    { id: 'about', header: t('audit.columns.subject'), cell: about },
    {
      id: 'detail',
      header: t('audit.columns.data'),
      plain: true,
      cell: (row) => <span className="soft">{detail(row.type, row.data)}</span>,
    },
  ]
  const pages = useInfiniteQuery({
    ...trpc.incidents.story.infiniteQueryOptions({ incidentId }, { getNextPageParam: (page) => page.next ?? undefined }),
    placeholderData: keepPreviousData,
  })
  if (pages.isError) return <Failed error={pages.error} reset={() => void pages.refetch()} />
  if (pages.isPending) return <Skeleton rows={6} />
  const rows = pages.data.pages.flatMap((page) => page.rows)
  return (
    <section className="stack tight">
      <h2>{t('incident.story')}</h2>
      <DataTable<Told> label={t('incident.story')} columns={columns} rows={rows} keyOf={(row) => row.id} />
      <More pages={pages} />
    </section>
  )
}
