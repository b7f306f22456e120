import { filedWith, type Permission } from '@countersign/shared/access/permissions.ts'
import { formKinds, requestKinds } from '@countersign/shared/requests/kinds.ts'
import { requestStatuses } from '@countersign/shared/requests/status.ts'
import { Button, Menu, NativeSelect, SegmentedControl } from '@mantine/core'
import { useHotkeys, useMediaQuery } from '@mantine/hooks'
import { IconPlus } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Outputs, trpc } from '../../lib/trpc.ts'
import { useAboutWhom } from '../../ui/about-whom.ts'
import { Empty, Failed, Skeleton } from '../../ui/screen.tsx'
import { RequestState } from '../../ui/state.tsx'
import { Countdown, When } from '../../ui/when.tsx'
import { DecisionBar } from './decision-bar.tsx'
import { Evidence } from './evidence.tsx'
import { RequestPanel } from './request-panel.tsx'

const route = getRouteApi('/_signed-in/requests/')
const signedIn = getRouteApi('/_signed-in')
const views = ['queue', 'mine', 'all'] as const
type Row = Outputs['requests']['list']['rows'][number]

/** One had a hand in somebody it concerns: seen before it is opened. */
const SomebodyElse = () => {
  const { t } = useTranslation()
  return (
    <span className="wait-ink" title={t('refusal.not-independent')}>
      {' · '}
      {t('requests.somebodyElse')}
    </span>
  )
}

const Queue = ({ rows, chosen, choose }: { rows: readonly Row[]; chosen: string | undefined; choose: (id: string) => void }) => {
  const { t } = useTranslation()
  const aboutWhom = useAboutWhom()
  return (
    <ul>
      {rows.map((row) => (
        <li key={row.id}>
          <button
            type="button"
            ref={(button) => {
              if (row.id === chosen) button?.scrollIntoView({ block: 'nearest' })
            }}
            aria-current={row.id === chosen}
            onClick={() => choose(row.id)}
          >
            <div className="row between">
              <span className="strong">{aboutWhom(row)}</span>
              <span className="small">
                {row.status === 'pending' ? (
                  <Countdown until={row.expiresAt} over={t('requests.expired')} />
                ) : (
                  <RequestState status={row.status} />
                )}
              </span>
            </div>
            <div className="row between small soft">
              <span>
                {t(`kind.${row.kind}`)} · {row.place}
                {row.independent ? null : <SomebodyElse />}
              </span>
              {row.status === 'pending' && row.approvalsNeeded > 1 ? (
                <span className="nowrap">{t('requests.approvalsOf', { given: row.approvalsGiven, needed: row.approvalsNeeded })}</span>
              ) : null}
              {row.status !== 'pending' ? <When at={row.decidedAt ?? row.submittedAt} /> : null}
            </div>
          </button>
        </li>
      ))}
    </ul>
  )
}

const Filing = () => {
  const { t } = useTranslation()
  const { person } = signedIn.useRouteContext()
  const may: readonly Permission[] = person.may
  const kinds = formKinds.filter((kind) => may.includes(filedWith[kind]))
  if (kinds.length === 0) return null
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button leftSection={<IconPlus size={16} />}>{t('requests.new')}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {kinds.map((kind) => (
          <Menu.Item key={kind} renderRoot={(props) => <Link to="/requests/new/$kind" params={{ kind }} {...props} />}>
            {t(`filing.title.${kind}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

const Chosen = ({ requestId, onDone, onBack }: { requestId: string; onDone: () => void; onBack: () => void }) => {
  const { t } = useTranslation()
  const request = useQuery(trpc.requests.get.queryOptions({ requestId }))
  if (request.isPending) return <Skeleton rows={5} />
  if (request.isError) return <Failed error={request.error} />
  return (
    <>
      <div className="stack">
        <Button variant="subtle" className="narrow-only" onClick={onBack} style={{ alignSelf: 'flex-start' }}>
          {t('common.back')}
        </Button>
        <RequestPanel key={requestId} request={request.data} />
      </div>
      <Evidence request={request.data} />
      <DecisionBar key={`bar${requestId}${request.data.contentHash}`} request={request.data} onDone={onDone} />
    </>
  )
}

type Search = Omit<ReturnType<typeof route.useSearch>, 'request'>

const Filters = ({ search, set }: { search: Search; set: (change: Partial<Search>) => void }) => {
  const { t } = useTranslation()
  const view = search.view ?? 'queue'
  const options = <T extends string>(all: readonly T[], label: (one: T) => string) => [
    { value: '', label: t('common.all') },
    ...all.map((value) => ({ value, label: label(value) })),
  ]
  return (
    <search className="row wrap" style={{ alignItems: 'flex-end' }}>
      <SegmentedControl
        value={view}
        onChange={(value) => set({ view: views.find((one) => one === value), status: undefined })}
        data={views.map((value) => ({ value, label: t(`requests.views.${value}`) }))}
      />
      <NativeSelect
        label={t('requests.kind')}
        value={search.kind ?? ''}
        onChange={(event) => set({ kind: requestKinds.find((one) => one === event.currentTarget.value) })}
        data={options(requestKinds, (one) => t(`kind.${one}`))}
      />
      {view === 'queue' ? null : (
        <NativeSelect
          label={t('requests.status')}
          value={search.status ?? ''}
          onChange={(event) => set({ status: requestStatuses.find((one) => one === event.currentTarget.value) })}
          data={options(requestStatuses, (one) => t(`requestStatus.${one}`))}
        />
      )}
    </search>
  )
}

/** The request that is open: the one the URL names, else, where there is room beside the queue, the most pressing one until one chooses. */
const useOpened = (named: string | undefined, rows: readonly Row[]) => {
  const wide = useMediaQuery('(min-width: 860px)', undefined, { getInitialValueInEffect: false })
  const [opened, setOpened] = useState<string>()
  const there = rows.some(({ id }) => id === opened)
  if (wide && !named && !there && rows[0]) setOpened(rows[0].id)
  return named ?? (wide && there ? opened : undefined)
}

/** The triage inbox: queue, request, evidence; decided by mouse or keyboard, the next one opens. */
export const RequestsPage = () => {
  const { t } = useTranslation()
  const { request: named, ...search } = route.useSearch()
  const navigate = route.useNavigate()
  const view = search.view ?? 'queue'
  const pages = useInfiniteQuery({
    ...trpc.requests.list.infiniteQueryOptions(search, { getNextPageParam: (page) => page.next ?? undefined }),
    placeholderData: keepPreviousData,
  })
  const rows = pages.data?.pages.flatMap((page) => page.rows) ?? []
  const chosen = useOpened(named, pages.isPlaceholderData ? [] : rows)
  // The first that is opened is a step one can go back from, on a phone the list; the next ones are not.
  const choose = (id: string | undefined) =>
    void navigate({ search: (before) => ({ ...before, request: id }), replace: named !== undefined || id === undefined })
  const beside = (offset: 1 | -1) => rows[rows.findIndex(({ id }) => id === chosen) + offset]?.id
  const step = (offset: 1 | -1) => choose(chosen ? (beside(offset) ?? chosen) : rows[0]?.id)
  useHotkeys([
    ['j', () => step(1)],
    ['ArrowDown', () => step(1)],
    ['k', () => step(-1)],
    ['ArrowUp', () => step(-1)],
  ])
  const set = (change: Partial<typeof search>) => {
    void navigate({ search: (before) => ({ ...before, ...change, request: undefined }), replace: true })
  }
  if (pages.isError) return <Failed error={pages.error} reset={() => void pages.refetch()} />
  return (
    <div className="page">
      <div className="row wrap between">
        <h1>{t('requests.title')}</h1>
        <Filing />
      </div>
      <Filters search={search} set={set} />
      {pages.isPending ? <Skeleton /> : null}
      {pages.isSuccess && rows.length === 0 && !chosen ? <Empty>{t(`requests.empty.${view}`)}</Empty> : null}
      {rows.length > 0 || chosen ? (
        <div className="inbox" data-chosen={chosen !== undefined}>
          <section className="card queue" data-steady aria-label={t('requests.queue')} style={{ padding: 0 }}>
            <Queue rows={rows} chosen={chosen} choose={choose} />
            {pages.hasNextPage ? (
              <Button variant="subtle" fullWidth loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
                {t('common.more')}
              </Button>
            ) : null}
          </section>
          {chosen ? (
            <Chosen
              requestId={chosen}
              onDone={() => view === 'queue' && choose(beside(1) ?? beside(-1))}
              onBack={() => choose(undefined)}
            />
          ) : (
            <Empty>{t('requests.choose')}</Empty>
          )}
        </div>
      ) : null}
    </div>
  )
}
