import type { Permission } from '@countersign/shared/access/permissions.ts'
import type { ListAccounts } from '@countersign/shared/accounts/listing.ts'
import { bulkNeeds, bulkVerbs } from '@countersign/shared/bulks/bulk.ts'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { trpc } from '../../lib/trpc.ts'
import { DataTable } from '../../table/data-table.tsx'
import { useTableView } from '../../table/view.ts'
import { ViewMenu } from '../../table/view-menu.tsx'
import { More } from '../../ui/more.tsx'
import { Empty, Failed, Skeleton } from '../../ui/screen.tsx'
import { type Row, type Sort, useColumns } from './columns.tsx'
import { useEndings } from './endings.ts'
import { ExportList } from './export-list.tsx'
import { Filters } from './filters.tsx'
import { Places } from './places.tsx'
import { SavedViews } from './saved-views.tsx'
import { useSecondSort } from './second-sort.ts'
import { useChosen } from './selection.ts'
import { SelectionBar } from './selection-bar.tsx'

const route = getRouteApi('/_signed-in/accounts/')
const signedIn = getRouteApi('/_signed-in')

/** Without these a row could not be told from another, nor acted upon. */
const fixed: readonly string[] = ['select', 'person', 'actions']

const widthNow = (id: string): number => document.querySelector(`th[data-column="${id}"]`)?.getBoundingClientRect().width ?? 160

/** Every account of one's scope: searched, filtered and sorted on the server, ended in one click. */
export const AccountsPage = () => {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const endings = useEndings()
  const chosen = useChosen()
  const { person } = signedIn.useRouteContext()
  const may: readonly Permission[] = person.may
  const mayEnd = may.includes('account:suspend')
  const verbs = bulkVerbs.filter((verb) => may.includes(bulkNeeds[verb]))
  const view = useTableView('accounts')
  const all = useColumns(endings, chosen.has, chosen.tick).filter(({ id }) =>
    id === 'select' ? verbs.length > 0 : id === 'actions' ? mayEnd : true,
  )
  const movable = all.filter(({ id }) => !fixed.includes(id))
  const [first, last] = [all.filter(({ id }) => fixed.includes(id) && id !== 'actions'), all.filter(({ id }) => id === 'actions')]
  const columns = [...first, ...view.arrange(movable).filter(({ id }) => view.shows(id)), ...last]
  const sort = (change: Partial<ListAccounts>) => void navigate({ search: (before) => ({ ...before, ...change }), replace: true })
  // What is no longer in sight is not ended with a click.
  const set = (change: Partial<ListAccounts>) => {
    chosen.clear()
    sort(change)
  }
  const show = (saved: { readonly search: ListAccounts; readonly hidden: readonly string[] }) => {
    chosen.clear()
    view.hide(saved.hidden)
    void navigate({ search: saved.search })
  }
  const pages = useInfiniteQuery({
    ...trpc.accounts.list.infiniteQueryOptions(search, { getNextPageParam: (page) => page.next ?? undefined }),
    placeholderData: keepPreviousData,
  })
  const { sort: _sort, order: _order, second: _second, secondOrder: _secondOrder, ...narrowed } = search
  const facets = useQuery({ ...trpc.accounts.facets.queryOptions(narrowed), placeholderData: keepPreviousData })
  const second = useSecondSort(pages, facets.data?.total, sort)
  if (second.failed) return <Failed error={pages.error} reset={() => void pages.refetch()} />
  const rows = pages.data?.pages.flatMap((page) => page.rows) ?? []
  return (
    <div className="page">
      <div className="row wrap between">
        <h1>{t('accounts.title')}</h1>
        <div className="row wrap">
          <SavedViews search={search} hidden={view.hidden} show={show} />
          <ViewMenu view={view} columns={movable} widthNow={widthNow} />
          <ExportList filter={search} />
        </div>
      </div>
      <Filters search={search} set={set} by={facets.data?.by ?? null} />
      {facets.data ? <Places facets={facets.data} set={set} /> : null}
      {second.waiting ? <Skeleton /> : null}
      {pages.isSuccess && rows.length === 0 ? <Empty>{`${t('accounts.empty')} ${t('accounts.emptyHint')}`}</Empty> : null}
      {rows.length > 0 ? (
        <DataTable<Row, Sort>
          acting={mayEnd}
          dense={view.dense}
          widths={view.widths}
          setWidth={view.setWidth}
          growing={{ more: pages.hasNextPage, fetching: pages.isFetchingNextPage, fetch: () => void pages.fetchNextPage() }}
          label={t('accounts.title')}
          columns={columns}
          rows={rows}
          keyOf={(row) => row.id}
          sorted={{ by: search.sort ?? 'name', direction: search.order ?? 'asc' }}
          {...(search.second ? { second: { by: search.second, direction: search.secondOrder ?? 'asc' } } : {})}
          onSort={({ by, direction }) => sort({ sort: by, order: direction, second: undefined, secondOrder: undefined })}
          onSecond={(next) => second.choose({ second: next.by, secondOrder: next.direction })}
          struck={(row) => endings.of(row.id) !== undefined || row.status === 'revoked'}
          chosen={(row) => chosen.has(row.id)}
        />
      ) : null}
      <More pages={pages} />
      <SelectionBar
        chosen={chosen}
        total={facets.data?.total ?? null}
        chooseAll={facets.data && !facets.isPlaceholderData ? () => chosen.chooseAll(narrowed, facets.data.at) : null}
        endings={mayEnd ? endings : null}
        verbs={verbs}
      />
    </div>
  )
}
