import type { Permission } from '@countersign/shared/access/permissions.ts'
import { bulkNeeds, bulkVerbs } from '@countersign/shared/bulks/bulk.ts'
import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { count } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { type Outputs, trpc } from '../../lib/trpc.ts'
import { type Column, DataTable } from '../../table/data-table.tsx'
import { More } from '../../ui/more.tsx'
import { Empty, Failed, Skeleton } from '../../ui/screen.tsx'
import { When } from '../../ui/when.tsx'
import { BulkState } from './bulk-state.tsx'

const signedIn = getRouteApi('/_signed-in')
type Row = Outputs['bulks']['list']['rows'][number]

const useColumns = (): readonly Column<Row, never>[] => {
  const { t } = useTranslation()
  const language = useLanguage()
  return [
    {
      id: 'what',
      header: t('bulk.what'),
      plain: true,
      cell: (row) => (
        <div className="two">
          <Link to="/bulks/$bulkId" params={{ bulkId: row.id }}>
            {t(`bulk.noun.${row.verb}`)} · {t('requests.accounts', { count: row.planned, shown: count(row.planned, language) })}
          </Link>
          <span className="under">{row.place}</span>
        </div>
      ),
    },
    { id: 'state', header: t('accounts.status'), plain: true, cell: (row) => <BulkState status={row.status} asked={row.asked} /> },
    {
      id: 'progress',
      header: t('bulk.lists.done'),
      number: true,
      cell: (row) =>
        row.status === 'previewed' ? '' : t('bulk.progress', { done: count(row.done, language), all: count(row.planned, language) }),
    },
    { id: 'orderer', header: t('requests.requester'), plain: true, cell: (row) => row.orderer },
    { id: 'at', header: t('audit.columns.at'), plain: true, cell: (row) => <When at={row.at} /> },
  ]
}

/** Every bulk of one's scope, and one's own dry runs. */
export const BulksPage = () => {
  const { t } = useTranslation()
  const { person } = signedIn.useRouteContext()
  const may: readonly Permission[] = person.may
  const columns = useColumns()
  const pages = useInfiniteQuery({
    ...trpc.bulks.list.infiniteQueryOptions({}, { getNextPageParam: (page) => page.next ?? undefined }),
    placeholderData: keepPreviousData,
  })
  if (pages.isError) return <Failed error={pages.error} reset={() => void pages.refetch()} />
  const rows = pages.data?.pages.flatMap((page) => page.rows) ?? []
  const make = bulkVerbs.some((verb) => may.includes(bulkNeeds[verb])) ? (
    <Button leftSection={<IconPlus size={16} />} renderRoot={(props) => <Link to="/bulks/new" {...props} />}>
      {t('bulk.new')}
    </Button>
  ) : null
  return (
    <div className="page">
      <div className="row wrap between">
        <h1>{t('bulk.title')}</h1>
        {make}
      </div>
      {pages.isPending ? <Skeleton /> : null}
      {pages.isSuccess && rows.length === 0 ? <Empty>{`${t('bulk.none')} ${t('bulk.noneHint')}`}</Empty> : null}
      {rows.length > 0 ? <DataTable<Row> label={t('bulk.title')} columns={columns} rows={rows} keyOf={(row) => row.id} /> : null}
      <More pages={pages} />
    </div>
  )
}
