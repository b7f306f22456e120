import type { Permission } from '@countersign/shared/access/permissions.ts'
import { levels } from '@countersign/shared/access/scope.ts'
import type { ListAudit } from '@countersign/shared/audit/listing.ts'
import { eventTypes } from '@countersign/shared/events.ts'
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useAccountChoices, useOrganisationChoices } from '../../lib/choices.ts'
import { count, exactly, onDay } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { type Outputs, trpc } from '../../lib/trpc.ts'
import { type Column, DataTable } from '../../table/data-table.tsx'
import { ExportLink } from '../../ui/export-link.tsx'
import { More } from '../../ui/more.tsx'
import { Empty, Failed, Skeleton } from '../../ui/screen.tsx'
import { SearchSelect } from '../../ui/search-select.tsx'
import { useActorless, useEntryDetail } from '../../ui/timeline.tsx'
import { Opens } from './opens.tsx'
import { SealLine } from './seal-line.tsx'

const route = getRouteApi('/_signed-in/audit/')
const signedIn = getRouteApi('/_signed-in')
type Row = Outputs['audit']['list']['rows'][number]

const useColumns = (set: (change: Partial<ListAudit>) => void): readonly Column<Row, never>[] => {
  const { t } = useTranslation()
  const language = useLanguage()
  const detail = useEntryDetail()
  const actorless = useActorless()
  const narrow = (label: string, change: Partial<ListAudit>, words: string) => (
    <button type="button" className="narrow nowrap" title={label} onClick={() => set(change)}>
      {words}
      <span className="hidden"> ({label})</span>
    </button>
  )
  return [
    {
      id: 'at',
      header: t('audit.columns.at'),
      plain: true,
      cell: (row) => (
        <time dateTime={row.at} className="nowrap">
          {exactly(row.at, language)}
        </time>
      ),
    },
    {
      id: 'type',
      header: t('audit.columns.type'),
      plain: true,
      cell: (row) => (
        <span className={row.type === 'attempt.refused' || row.type === 'sign-in.failed' ? 'state danger' : 'strong'}>
          {t(`event.${row.type}`)}
        </span>
      ),
    },
    {
      id: 'actor',
      header: t('audit.columns.actor'),
      cell: (row) =>
        row.actor ? narrow(t('audit.byPerson'), { actor: row.actor.id }, row.actor.name) : <span className="soft">{actorless(row)}</span>,
    },
    {
      id: 'subject',
      header: t('audit.columns.subject'),
      cell: (row) => {
        const name = row.subject.name ?? (row.type === 'policy.set' ? t('policy.title') : row.subject.id.slice(0, 8))
        return (
          <span className="row" style={{ gap: 6 }}>
            {narrow(
              t('audit.onSubject'),
              { subject: row.subject.id },
              row.subject.kind === 'request' ? `${t('audit.request')} ${name}` : row.subject.kind === 'bulk' ? t('audit.bulk') : name,
            )}
            <Opens row={row} name={name} />
          </span>
        )
      },
    },
    {
      id: 'seal',
      header: t('audit.columns.seal'),
      plain: true,
      cell: (row) =>
        row.sealedAt === null ? (
          <span className="soft nowrap">{t('seal.notYet')}</span>
        ) : (
          <a href={`/export/proof/${row.id}.json`} download className="nowrap number" title={t('seal.download')}>
            <span className="hidden">{t('seal.download')} </span>
            {t('seal.position', { position: count(row.sealedAt, language) })} ↓
          </a>
        ),
    },
    { id: 'place', header: t('audit.columns.place'), cell: (row) => row.place ?? '' },
    { id: 'data', header: t('audit.columns.data'), plain: true, cell: (row) => <span className="soft">{detail(row.type, row.data)}</span> },
  ]
}

/** What a reader may count on: nothing is changed, and how long it stays. */
const Kept = () => {
  const { t } = useTranslation()
  const language = useLanguage()
  const { data } = useQuery(trpc.audit.kept.queryOptions())
  const dropped = data?.droppedUntil
    ? t('audit.dropped', {
        count: data.droppedEntries,
        shown: count(data.droppedEntries, language),
        day: onDay(data.droppedUntil, language),
      })
    : ''
  const sentences = data
    ? [t('audit.kept', { count: data.months }), data.reason ? t('audit.keptBecause', { reason: data.reason }) : '', dropped]
    : []
  return (
    <p className="soft" style={{ margin: 0 }}>
      {[t('audit.note'), ...sentences].filter(Boolean).join(' ')}
    </p>
  )
}

/** Everything that happened within one's scope, newest first; nothing of it can be changed. */
export const AuditPage = () => {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { person } = signedIn.useRouteContext()
  const set = (change: Partial<ListAudit>) => void navigate({ search: (before) => ({ ...before, ...change }), replace: true })
  const columns = useColumns(set)
  const pages = useInfiniteQuery({
    ...trpc.audit.list.infiniteQueryOptions(search, { getNextPageParam: (page) => page.next ?? undefined }),
    placeholderData: keepPreviousData,
    // An entry has its place a moment after it is there.
    refetchInterval: ({ state }) => (state.data?.pages[0]?.rows.some(({ sealedAt }) => sealedAt === null) ? 2_000 : false),
  })
  if (pages.isError) return <Failed error={pages.error} reset={() => void pages.refetch()} />
  const rows = pages.data?.pages.flatMap((page) => page.rows) ?? []
  const query = new URLSearchParams(
    Object.entries(search).flatMap(([key, value]) => (value ? [[key, value] as [string, string]] : [])),
  ).toString()
  const some = Object.values(search).some(Boolean)
  return (
    <div className="page">
      <div className="row wrap between">
        <h1>{t('audit.title')}</h1>
        {(person.may as readonly Permission[]).includes('audit:export') ? (
          <div className="row">
            {(['csv', 'ndjson'] as const).map((format) => (
              <ExportLink key={format} on="audit" href={`/export/audit.${format}?${query}`} label={t(`audit.${format}`)} />
            ))}
          </div>
        ) : null}
      </div>
      <Kept />
      <SealLine />
      <search className="row wrap" style={{ alignItems: 'flex-end' }}>
        <NativeSelect
          label={t('audit.type')}
          value={search.type ?? ''}
          onChange={(event) => set({ type: eventTypes.find((one) => one === event.currentTarget.value) })}
          data={[{ value: '', label: t('common.any') }, ...eventTypes.map((value) => ({ value, label: t(`event.${value}`) }))]}
        />
        <SearchSelect
          label={t('audit.actor')}
          placeholder={t('audit.everybody')}
          nothing={t('shell.noResult')}
          clearable
          value={search.actor ?? null}
          onChange={(actor) => set({ actor: actor ?? undefined })}
          useChoices={useAccountChoices()}
        />
        <SearchSelect
          label={t('audit.subject')}
          placeholder={t('audit.everybody')}
          nothing={t('shell.noResult')}
          clearable
          value={search.subject ?? null}
          onChange={(subject) => set({ subject: subject ?? undefined })}
          useChoices={useAccountChoices()}
        />
        <SearchSelect
          label={t('accounts.organisation')}
          placeholder={t('common.any')}
          nothing={t('shell.noResult')}
          clearable
          value={search.organisation ?? null}
          onChange={(organisation) => set({ organisation: organisation ?? undefined })}
          useChoices={useOrganisationChoices('read', levels)}
        />
        <TextInput
          type="date"
          label={t('audit.since')}
          value={search.since ?? ''}
          onChange={(event) => set({ since: event.currentTarget.value || undefined })}
        />
        <TextInput
          type="date"
          label={t('audit.until')}
          value={search.until ?? ''}
          onChange={(event) => set({ until: event.currentTarget.value || undefined })}
        />
        {some ? (
          <Button
            variant="subtle"
            onClick={() =>
              set({ actor: undefined, subject: undefined, organisation: undefined, type: undefined, since: undefined, until: undefined })
            }
          >
            {t('common.clear')}
          </Button>
        ) : null}
        {search.subject && rows[0] && rows[0].subject.id === search.subject && rows[0].subject.kind !== 'account' ? (
          <span className="notice wait">{t('audit.only')}</span>
        ) : null}
      </search>
      {pages.isPending ? <Skeleton /> : null}
      {pages.isSuccess && rows.length === 0 ? <Empty>{t('audit.empty')}</Empty> : null}
      {rows.length > 0 ? <DataTable<Row> label={t('audit.title')} columns={columns} rows={rows} keyOf={(row) => row.id} /> : null}
      <More pages={pages} />
    </div>
  )
}
