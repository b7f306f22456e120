import type { Permission } from '@countersign/shared/access/permissions.ts'
import { useDebouncedValue } from '@mantine/hooks'
import { Spotlight } from '@mantine/spotlight'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { trpc } from '../../lib/trpc.ts'

const signedIn = getRouteApi('/_signed-in')
const screens = [
  ['/', 'overview', 'account:read'],
  ['/requests', 'requests', 'request:read'],
  ['/accounts', 'accounts', 'account:read'],
  ['/audit', 'audit', 'audit:read'],
  ['/me', 'me', null],
] as const
const shown = 8

/** Ctrl K: any account of one's scope, any screen. */
export const Finder = () => {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { person } = signedIn.useRouteContext()
  const may: readonly Permission[] = person.may
  const [query, setQuery] = useState('')
  const [words] = useDebouncedValue(query.trim(), 120)
  const found = useQuery({
    ...trpc.accounts.list.queryOptions({ q: words }),
    enabled: words.length > 1 && may.includes('account:read'),
    placeholderData: keepPreviousData,
  })
  const matching = screens.filter(
    ([, word, needs]) => (needs === null || may.includes(needs)) && t(`nav.${word}`).toLowerCase().includes(query.trim().toLowerCase()),
  )
  const accounts = words.length > 1 ? (found.data?.rows.slice(0, shown) ?? []) : []
  return (
    <Spotlight.Root query={query} onQueryChange={setQuery} shortcut="mod + K" clearQueryOnClose>
      <Spotlight.Search placeholder={t('shell.search')} aria-label={t('shell.search')} />
      <Spotlight.ActionsList>
        {accounts.length > 0 ? (
          <Spotlight.ActionsGroup label={t('nav.accounts')}>
            {accounts.map((row) => (
              <Spotlight.Action
                key={row.id}
                label={`${row.givenName} ${row.familyName}`}
                description={`${row.login} · ${row.place}`}
                onClick={() => void navigate({ to: '/accounts/$accountId', params: { accountId: row.id } })}
              />
            ))}
          </Spotlight.ActionsGroup>
        ) : null}
        {matching.length > 0 ? (
          <Spotlight.ActionsGroup label={t('shell.screens')}>
            {matching.map(([to, word]) => (
              <Spotlight.Action key={to} label={t(`nav.${word}`)} onClick={() => void navigate({ to })} />
            ))}
          </Spotlight.ActionsGroup>
        ) : null}
        {accounts.length + matching.length === 0 ? <Spotlight.Empty>{t('shell.noResult')}</Spotlight.Empty> : null}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  )
}
