import { goals } from '@countersign/shared/policy/attempts.ts'
import { Checkbox, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { count } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { type Outputs, trpc } from '../../lib/trpc.ts'
import { type Column, DataTable } from '../../table/data-table.tsx'
import { Empty, Failed, Skeleton } from '../../ui/screen.tsx'
import { Fewest, Signers } from './fewest.tsx'

const route = getRouteApi('/_signed-in/organisations/')
type Row = Outputs['collusion']['list']['rows'][number]

const useColumns = (): readonly Column<Row, never>[] => {
  const { t } = useTranslation()
  const language = useLanguage()
  return [
    {
      id: 'name',
      header: t('collusion.organisation'),
      plain: true,
      cell: (row) => (
        <div className="two">
          <Link to="/organisations/$organisationId" params={{ organisationId: row.id }} preload={false}>
            {row.name}
          </Link>
          <span className="under">{[row.network, row.within].filter((one) => one && one !== row.name).join(' · ')}</span>
        </div>
      ),
    },
    ...goals.map((goal) => ({
      id: goal,
      header: t(`collusion.short.${goal}`),
      number: true,
      cell: (row: Row) => <Fewest accounts={row[goal]} />,
    })),
    {
      id: 'accountSigners',
      header: t('collusion.accountSigners'),
      number: true,
      cell: (row) => <Signers people={row.accountSigners} />,
    },
    {
      id: 'credentialSigners',
      header: t('collusion.credentialSigners'),
      number: true,
      cell: (row) => <Signers people={row.credentialSigners} />,
    },
    { id: 'caseload', header: t('collusion.files'), number: true, cell: (row) => count(row.caseload, language) },
  ]
}

/** Every organisation of one's scope: how few accounts would be enough, and who is there to sign. */
export const OrganisationsPage = () => {
  const { t } = useTranslation()
  const columns = useColumns()
  const { words, thin } = route.useSearch()
  const navigate = route.useNavigate()
  const typed = useDebouncedCallback(
    (text: string) => void navigate({ search: (before) => ({ ...before, words: text || undefined }), replace: true }),
    250,
  )
  const pages = useInfiniteQuery({
    ...trpc.collusion.list.infiniteQueryOptions({ words, thin }, { getNextPageParam: (page) => page.next ?? undefined }),
    placeholderData: keepPreviousData,
  })
  if (pages.isError) return <Failed error={pages.error} reset={() => void pages.refetch()} />
  const rows = pages.data?.pages.flatMap((page) => page.rows) ?? []
  const growing = { more: pages.hasNextPage, fetching: pages.isFetchingNextPage, fetch: () => void pages.fetchNextPage() }
  return (
    <div className="page">
      <h1>{t('nav.organisations')}</h1>
      <p className="soft" style={{ margin: 0, maxWidth: 760 }}>
        {t('collusion.hint')}
      </p>
      <TextInput
        aria-label={t('collusion.search')}
        placeholder={t('collusion.search')}
        leftSection={<IconSearch size={16} aria-hidden="true" />}
        defaultValue={words ?? ''}
        onChange={(event) => typed(event.currentTarget.value)}
        maxLength={100}
        style={{ maxWidth: 360 }}
      />
      <Checkbox
        label={t('collusion.thinOnly')}
        checked={thin ?? false}
        onChange={(event) => void navigate({ search: { words, thin: event.currentTarget.checked || undefined }, replace: true })}
      />
      {pages.isPending ? <Skeleton /> : null}
      {pages.isSuccess && rows.length === 0 ? <Empty>{t(words || thin ? 'collusion.noneFound' : 'collusion.notMeasured')}</Empty> : null}
      {rows.length > 0 ? (
        <DataTable<Row> label={t('nav.organisations')} columns={columns} rows={rows} keyOf={(row) => row.id} growing={growing} />
      ) : null}
    </div>
  )
}
