import type { Permission } from '@countersign/shared/access/permissions.ts'
import type { ListAccounts } from '@countersign/shared/accounts/listing.ts'
import { type BulkSelection, bulkNeeds, bulkVerbs } from '@countersign/shared/bulks/bulk.ts'
import { Button } from '@mantine/core'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { trpc } from '../../lib/trpc.ts'
import { DataTable } from '../../table/data-table.tsx'
import { Empty, Failed, Skeleton } from '../../ui/screen.tsx'
import { type Row, type Sort, useColumns } from './columns.tsx'
import { useEndings } from './endings.ts'
import { Filters } from './filters.tsx'
import { Places } from './places.tsx'
import { SelectionBar } from './selection-bar.tsx'

type Selection = Extract<BulkSelection, { from: 'filter' }>

const route = getRouteApi('/_signed-in/accounts/')
const signedIn = getRouteApi('/_signed-in')

/** Every account of one's scope: searched, filtered and sorted on the server, ended in one click. */
export const AccountsPage = () => {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const endings = useEndings()
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set())
  const [all, setAll] = useState<Selection | null>(null)
  const tick = (id: string) => {
    setAll(null)
    setTicked((before) => new Set(before.has(id) ? [...before].filter((one) => one !== id) : [...before, id]))
  }
  const { person } = signedIn.useRouteContext()
  const may: readonly Permission[] = person.may
  const mayEnd = may.includes('account:suspend')
  const verbs = bulkVerbs.filter((verb) => may.includes(bulkNeeds[verb]))
  const columns = useColumns(endings, (id) => all !== null || ticked.has(id), tick).filter(({ id }) =>
    id === 'select' ? verbs.length > 0 : id === 'actions' ? mayEnd : true,
  )
  const sort = (change: Partial<ListAccounts>) => void navigate({ search: (before) => ({ ...before, ...change }), replace: true })
  const clear = () => {
    setTicked(new Set())
    setAll(null)
  }
  // What is no longer in sight is not ended with a click.
  const set = (change: Partial<ListAccounts>) => {
    clear()
    sort(change)
  }
  const pages = useInfiniteQuery({
    ...trpc.accounts.list.infiniteQueryOptions(search, { getNextPageParam: (page) => page.next ?? undefined }),
    placeholderData: keepPreviousData,
  })
  const { sort: _sort, order: _order, ...narrowed } = search
  const facets = useQuery({ ...trpc.accounts.facets.queryOptions(narrowed), placeholderData: keepPreviousData })
  if (pages.isError) return <Failed error={pages.error} reset={() => void pages.refetch()} />
  const rows = pages.data?.pages.flatMap((page) => page.rows) ?? []
  return (
    <div className="page">
      <h1>{t('accounts.title')}</h1>
      <Filters search={search} set={set} by={facets.data?.by ?? null} />
      {facets.data ? <Places facets={facets.data} set={set} /> : null}
      {pages.isPending ? <Skeleton /> : null}
      {pages.isSuccess && rows.length === 0 ? <Empty>{`${t('accounts.empty')} ${t('accounts.emptyHint')}`}</Empty> : null}
      {rows.length > 0 ? (
        <DataTable<Row, Sort>
          acting={mayEnd}
          label={t('accounts.title')}
          columns={columns}
          rows={rows}
          keyOf={(row) => row.id}
          sorted={{ by: search.sort ?? 'name', direction: search.order ?? 'asc' }}
          onSort={({ by, direction }) => sort({ sort: by, order: direction })}
          struck={(row) => endings.of(row.id) !== undefined || row.status === 'revoked'}
          chosen={(row) => all !== null || ticked.has(row.id)}
        />
      ) : null}
      {pages.hasNextPage ? (
        <div>
          <Button variant="default" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            {t('common.more')}
          </Button>
        </div>
      ) : null}
      {ticked.size > 0 || all ? (
        <SelectionBar
          ticked={ticked}
          all={all}
          total={facets.data?.total ?? null}
          chooseAll={facets.data ? () => setAll({ from: 'filter', filter: narrowed, at: facets.data.at }) : null}
          clear={clear}
          endings={mayEnd ? endings : null}
          verbs={verbs}
        />
      ) : null}
    </div>
  )
}
