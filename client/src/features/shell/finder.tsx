import type { Permission } from '@countersign/shared/access/permissions.ts'
import { useDebouncedValue } from '@mantine/hooks'
import { Spotlight } from '@mantine/spotlight'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Outputs, trpc } from '../../lib/trpc.ts'

const signedIn = getRouteApi('/_signed-in')
const screens = [
  ['/', 'overview', 'account:read'],
  ['/requests', 'requests', 'request:read'],
  ['/accounts', 'accounts', 'account:read'],
  ['/bulks', 'bulks', 'account:read'],
  ['/organisations', 'organisations', 'policy:read'],
  ['/policy', 'policy', 'policy:read'],
  ['/signals', 'signals', 'signal:read'],
  ['/incidents', 'incidents', 'incident:read'],
  ['/audit', 'audit', 'audit:read'],
  ['/audit/proof', 'proof', 'audit:read'],
  ['/me', 'me', null],
] as const
const nothing: Outputs['finder']['find'] = { accounts: [], organisations: [], request: null }

/** Ctrl K: any account or place of one's scope, a request by its number, any screen. */
export const Finder = () => {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { person } = signedIn.useRouteContext()
  const may: readonly Permission[] = person.may
  const [query, setQuery] = useState('')
  const [words] = useDebouncedValue(query.trim(), 120)
  const found = useQuery({
    ...trpc.finder.find.queryOptions({ words }),
    enabled: words.length > 1 && may.includes('account:read'),
    placeholderData: keepPreviousData,
  })
  const list = useRef<HTMLDivElement>(null)
  // What is found arrives after the keystroke that chose the first line, and may replace it: Enter opens the first of what is shown.
  useEffect(() => {
    if (!list.current?.querySelector('[data-selected]')) list.current?.querySelector('[data-action]')?.setAttribute('data-selected', 'true')
  })
  const matching = screens.filter(
    ([, word, needs]) => (needs === null || may.includes(needs)) && t(`nav.${word}`).toLowerCase().includes(query.trim().toLowerCase()),
  )
  const { accounts, organisations, request } = (words.length > 1 ? found.data : null) ?? nothing
  return (
    <Spotlight.Root query={query} onQueryChange={setQuery} shortcut="mod + K" clearQueryOnClose>
      <Spotlight.Search placeholder={t('shell.search')} aria-label={t('shell.search')} />
      <Spotlight.ActionsList ref={list}>
        {request ? (
          <Spotlight.ActionsGroup label={t('nav.requests')}>
            <Spotlight.Action
              label={`${t('requests.reference', { reference: request.reference })} · ${t(`kind.${request.kind}`)}`}
              description={`${t(`requestStatus.${request.status}`)} · ${request.place}`}
              onClick={() => void navigate({ to: '/requests', search: { view: 'all', request: request.id } })}
            />
          </Spotlight.ActionsGroup>
        ) : null}
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
        {organisations.length > 0 ? (
          <Spotlight.ActionsGroup label={t('shell.places')}>
            {organisations.map(({ id, name, level, within }) => (
              <Spotlight.Action
                key={id}
                label={name}
                description={[t(`level.${level}`), within].filter(Boolean).join(' · ')}
                onClick={() => void navigate({ to: '/accounts', search: { organisation: id } })}
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
        {accounts.length + organisations.length + matching.length === 0 && !request ? (
          <Spotlight.Empty>{t('shell.noResult')}</Spotlight.Empty>
        ) : null}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  )
}
