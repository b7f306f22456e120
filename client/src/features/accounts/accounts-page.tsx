import type { Permission } from '@countersign/shared/access/permissions.ts'
import { roles } from '@countersign/shared/access/roles.ts'
import { levels } from '@countersign/shared/access/scope.ts'
import type { accountSorts, ListAccounts } from '@countersign/shared/accounts/listing.ts'
import { profileIds } from '@countersign/shared/accounts/profiles.ts'
import { accountStatuses } from '@countersign/shared/accounts/status.ts'
import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useOrganisationChoices } from '../../lib/choices.ts'
import { count } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { tell } from '../../lib/toast.ts'
import { type Outputs, trpc } from '../../lib/trpc.ts'
import { type Column, DataTable } from '../../table/data-table.tsx'
import { Empty, Failed, Skeleton } from '../../ui/screen.tsx'
import { SearchSelect } from '../../ui/search-select.tsx'
import { AccountState } from '../../ui/state.tsx'
import { Day, When } from '../../ui/when.tsx'
import { EndingCell, useEndedSentence } from './ending-cell.tsx'
import { type Endings, useEndings, type Verb } from './endings.ts'

const route = getRouteApi('/_signed-in/accounts/')
const signedIn = getRouteApi('/_signed-in')
type Row = Outputs['accounts']['list']['rows'][number]
type Sort = (typeof accountSorts)[number]
const most = 200

const Filters = ({ search, set }: { search: ListAccounts; set: (change: Partial<ListAccounts>) => void }) => {
  const { t } = useTranslation()
  const [words, setWords] = useState(search.q ?? '')
  const typed = useDebouncedCallback((q: string) => set({ q: q || undefined }), 250)
  const options = <T extends string>(all: readonly T[], label: (one: T) => string) => [
    { value: '', label: t('common.all') },
    ...all.map((value) => ({ value, label: label(value) })),
  ]
  const some = Object.entries(search).some(([key, value]) => value && !['sort', 'order'].includes(key))
  return (
    <search className="row wrap filters" style={{ alignItems: 'flex-end' }}>
      <TextInput
        label={t('accounts.search')}
        leftSection={<IconSearch size={16} />}
        value={words}
        onChange={(event) => {
          setWords(event.currentTarget.value)
          typed(event.currentTarget.value)
        }}
        style={{ flex: '2 1 220px' }}
      />
      <SearchSelect
        label={t('accounts.organisation')}
        placeholder={t('common.all')}
        nothing={t('shell.noResult')}
        clearable
        value={search.organisation ?? null}
        onChange={(organisation) => set({ organisation: organisation ?? undefined })}
        useChoices={useOrganisationChoices('read', levels)}
      />
      <NativeSelect
        label={t('accounts.status')}
        value={search.status ?? ''}
        onChange={(event) => set({ status: accountStatuses.find((one) => one === event.currentTarget.value) })}
        data={options(accountStatuses, (one) => t(`status.${one}`))}
      />
      <NativeSelect
        label={t('accounts.profile')}
        value={search.profile ?? ''}
        onChange={(event) => set({ profile: profileIds.find((one) => one === event.currentTarget.value) })}
        data={options(profileIds, (one) => t(`profile.${one}`))}
      />
      <NativeSelect
        label={t('accounts.role')}
        value={search.role ?? ''}
        onChange={(event) => set({ role: roles.find((one) => one === event.currentTarget.value) })}
        data={options(roles, (one) => t(`role.${one}`))}
      />
      <NativeSelect
        label={t('accounts.life')}
        value={search.life ?? ''}
        onChange={(event) => set({ life: (['expiring', 'dormant'] as const).find((one) => one === event.currentTarget.value) })}
        data={options(['expiring', 'dormant'] as const, (one) => t(`accounts.lives.${one}`))}
      />
      {some ? (
        <Button
          variant="subtle"
          onClick={() => {
            setWords('')
            set({ q: undefined, organisation: undefined, status: undefined, profile: undefined, role: undefined, life: undefined })
          }}
        >
          {t('common.clear')}
        </Button>
      ) : null}
    </search>
  )
}

const useColumns = (endings: Endings, ticked: ReadonlySet<string>, tick: (id: string) => void): readonly Column<Row, Sort>[] => {
  const { t } = useTranslation()
  const language = useLanguage()
  const nameOf = (row: Row) => `${row.givenName} ${row.familyName}`
  return [
    {
      id: 'select',
      header: t('accounts.columns.select'),
      plain: true,
      silent: true,
      cell: (row) => (
        <Checkbox
          size="xs"
          checked={ticked.has(row.id)}
          onChange={() => tick(row.id)}
          aria-label={t('accounts.selectNamed', { name: nameOf(row) })}
        />
      ),
    },
    {
      id: 'person',
      header: t('accounts.columns.person'),
      sort: 'name',
      plain: true,
      cell: (row) => (
        <div className="two struckable">
          <Link to="/accounts/$accountId" params={{ accountId: row.id }}>
            {row.familyName} {row.givenName}
          </Link>
          <span className="under">{row.login}</span>
        </div>
      ),
    },
    {
      id: 'place',
      header: t('accounts.columns.place'),
      plain: true,
      cell: (row) => (
        <div className="two struckable">
          <span>{row.place}</span>
          <span className="under">{row.detail ?? ''}</span>
        </div>
      ),
    },
    {
      id: 'profile',
      header: t('accounts.columns.profile'),
      plain: true,
      cell: (row) => (
        <div className="two">
          <span>{t(`profile.${row.profileId}`)}</span>
          <span className="under">{row.roles.map((role) => t(`role.${role}`)).join(', ')}</span>
        </div>
      ),
    },
    { id: 'reach', header: t('accounts.columns.reach'), sort: 'reach', number: true, cell: (row) => count(row.reach, language) },
    {
      id: 'status',
      header: t('accounts.columns.status'),
      plain: true,
      cell: (row) => (
        <AccountState status={endings.of(row.id) ? (endings.of(row.id)?.verb === 'revoke' ? 'revoked' : 'suspended') : row.status} />
      ),
    },
    {
      id: 'last',
      header: t('accounts.columns.lastSignIn'),
      sort: 'last-sign-in',
      cell: (row) => (row.lastSignInAt ? <When at={row.lastSignInAt} /> : <span className="soft">{t('common.never')}</span>),
    },
    { id: 'end', header: t('accounts.columns.end'), sort: 'end', cell: (row) => <Day on={row.endsOn} /> },
    {
      id: 'actions',
      header: t('accounts.columns.actions'),
      plain: true,
      number: true,
      cell: (row) => <EndingCell subject={row} endings={endings} />,
    },
  ]
}

const SelectionBar = ({ ticked, clear, endings }: { ticked: ReadonlySet<string>; clear: () => void; endings: Endings }) => {
  const { t } = useTranslation()
  const sentence = useEndedSentence()
  const act = (verb: Verb) =>
    endings.end(verb, [...ticked].slice(0, most), (lines) => {
      const done = lines.filter(({ refusal }) => refusal === null)
      const refusals = [
        ...Map.groupBy(
          lines.filter(({ refusal }) => refusal !== null),
          ({ refusal }) => refusal,
        ),
      ]
      const total = done.reduce(
        (sum, { ended }) => ({
          sessions: sum.sessions + (ended?.sessions ?? 0),
          links: sum.links + (ended?.links ?? 0),
          requestsVoided: sum.requestsVoided + (ended?.requestsVoided ?? 0),
          approvalsVoided: sum.approvalsVoided + (ended?.approvalsVoided ?? 0),
        }),
        { sessions: 0, links: 0, requestsVoided: 0, approvalsVoided: 0 },
      )
      tell(
        t('accounts.batch', { done: done.length, refused: lines.length - done.length }),
        <>
          {sentence({ line: { id: '', refusal: null, ended: total } })}
          {refusals.map(([code, group]) => (code ? <div key={code}>{`${group.length} : ${t(`refusal.${code}`)}`}</div> : null))}
        </>,
      )
      clear()
    })
  return (
    <section className="bar" aria-label={t('accounts.selected', { count: ticked.size })}>
      <span className="strong">{t('accounts.selected', { count: ticked.size })}</span>
      {ticked.size > most ? <span className="soft">{t('accounts.limit')}</span> : null}
      <Button color="red" variant="light" loading={endings.busy} onClick={() => act('suspend')}>
        {t('accounts.suspend')}
      </Button>
      <Button color="red" loading={endings.busy} onClick={() => act('revoke')}>
        {t('accounts.revoke')}
      </Button>
      <Button variant="subtle" onClick={clear}>
        {t('accounts.unselect')}
      </Button>
    </section>
  )
}

/** Every account of one's scope: searched, filtered and sorted on the server, ended in one click. */
export const AccountsPage = () => {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const endings = useEndings()
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set())
  const tick = (id: string) => setTicked((before) => new Set(before.has(id) ? [...before].filter((one) => one !== id) : [...before, id]))
  const { person } = signedIn.useRouteContext()
  const mayEnd = (person.may as readonly Permission[]).includes('account:suspend')
  const columns = useColumns(endings, ticked, tick).filter(({ id }) => mayEnd || (id !== 'select' && id !== 'actions'))
  const set = (change: Partial<ListAccounts>) => void navigate({ search: (before) => ({ ...before, ...change }), replace: true })
  const pages = useInfiniteQuery({
    ...trpc.accounts.list.infiniteQueryOptions(search, { getNextPageParam: (page) => page.next ?? undefined }),
    placeholderData: keepPreviousData,
  })
  if (pages.isError) return <Failed error={pages.error} reset={() => void pages.refetch()} />
  const rows = pages.data?.pages.flatMap((page) => page.rows) ?? []
  return (
    <div className="page">
      <h1>{t('accounts.title')}</h1>
      <Filters search={search} set={set} />
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
          onSort={({ by, direction }) => set({ sort: by, order: direction })}
          struck={(row) => endings.of(row.id) !== undefined || row.status === 'revoked'}
          chosen={(row) => ticked.has(row.id)}
        />
      ) : null}
      {pages.hasNextPage ? (
        <div>
          <Button variant="default" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            {t('common.more')}
          </Button>
        </div>
      ) : null}
      {ticked.size > 0 ? <SelectionBar ticked={ticked} clear={() => setTicked(new Set())} endings={endings} /> : null}
    </div>
  )
}
