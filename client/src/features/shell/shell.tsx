import type { Permission } from '@countersign/shared/access/permissions.ts'
import { ActionIcon, Menu, NativeSelect, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { useMediaQuery, useWindowEvent } from '@mantine/hooks'
import { spotlight } from '@mantine/spotlight'
import {
  IconAlertTriangle,
  IconBuilding,
  IconDots,
  IconFileCheck,
  IconHome,
  IconKeyboard,
  IconList,
  IconListCheck,
  IconMail,
  IconRadar2,
  IconScale,
  IconSearch,
  IconUser,
  IconUserCircle,
  IconUsers,
} from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, Outlet } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { setLanguage, useLanguage } from '../../lib/language.ts'
import { useLive } from '../../lib/live.ts'
import { trpc } from '../../lib/trpc.ts'
import { Finder } from './finder.tsx'
import { KeysDialog } from './keys-dialog.tsx'

const signedIn = getRouteApi('/_signed-in')

const screens = [
  { to: '/', word: 'overview', icon: IconHome, needs: 'account:read' },
  { to: '/requests', word: 'requests', icon: IconFileCheck, needs: 'request:read' },
  { to: '/accounts', word: 'accounts', icon: IconUsers, needs: 'account:read' },
  { to: '/bulks', word: 'bulks', icon: IconListCheck, needs: 'account:read' },
  { to: '/organisations', word: 'organisations', icon: IconBuilding, needs: 'policy:read' },
  { to: '/policy', word: 'policy', icon: IconScale, needs: 'policy:read' },
  { to: '/signals', word: 'signals', icon: IconRadar2, needs: 'signal:read' },
  { to: '/incidents', word: 'incidents', icon: IconAlertTriangle, needs: 'incident:read' },
  { to: '/audit', word: 'audit', icon: IconList, needs: 'audit:read' },
  { to: '/me', word: 'me', icon: IconUser, needs: null },
] as const satisfies readonly { to: string; word: string; icon: unknown; needs: Permission | null }[]
/** What a demo has instead of people's own mailboxes. */
const mailbox = { to: '/mailbox', word: 'mailbox', icon: IconMail, needs: null } as const
type Screen = (typeof screens)[number] | typeof mailbox

/** So many fit a thumb's bar with their words; the others are behind its last button. */
const mostInBar = 4

const Rail = () => {
  const { t } = useTranslation()
  const { person, demo } = signedIn.useRouteContext()
  const may: readonly Permission[] = person.may
  const narrow = useMediaQuery('(max-width: 639px)', undefined, { getInitialValueInEffect: false })
  const overview = useQuery({ ...trpc.overview.get.queryOptions(), enabled: may.includes('account:read') })
  const counted: Partial<Record<Screen['word'], number>> = {
    requests: overview.data?.waiting.count ?? 0,
    signals: (overview.data?.signals?.critical ?? 0) + (overview.data?.signals?.serious ?? 0),
  }
  const open = [...screens.filter(({ needs }) => needs === null || may.includes(needs)), ...(demo ? [mailbox] : [])]
  const shown = narrow && open.length > mostInBar + 1 ? open.slice(0, mostInBar) : open
  const behind = open.slice(shown.length)
  const waitingBehind = behind.reduce((sum, { word }) => sum + (counted[word] ?? 0), 0)
  return (
    <nav className="rail" aria-label={t('nav.main')}>
      <Link to="/" className="brand">
        <img src="/icon.svg" alt="" />
        <span className="word">Countersign</span>
      </Link>
      {shown.map(({ to, word, icon: Icon }) => (
        <Link key={to} to={to} className="item" activeOptions={{ exact: to === '/', includeSearch: false }} title={t(`nav.${word}`)}>
          <Icon size={20} stroke={1.6} aria-hidden="true" />
          <span className="word">{t(`nav.${word}`)}</span>
          {(counted[word] ?? 0) > 0 ? <span className="count">{counted[word]}</span> : null}
        </Link>
      ))}
      {behind.length > 0 ? (
        <Menu position="top-end" width={240} trapFocus>
          <Menu.Target>
            <button type="button" className="item">
              <IconDots size={20} stroke={1.6} aria-hidden="true" />
              <span className="word">{t('nav.more')}</span>
              {waitingBehind > 0 ? <span className="count">{waitingBehind}</span> : null}
            </button>
          </Menu.Target>
          <Menu.Dropdown>
            {behind.map(({ to, word, icon: Icon }) => (
              <Menu.Item
                key={to}
                leftSection={<Icon size={20} stroke={1.6} aria-hidden="true" />}
                rightSection={(counted[word] ?? 0) > 0 ? <span className="soft">{counted[word]}</span> : null}
                renderRoot={(props) => <Link to={to} {...props} />}
              >
                {t(`nav.${word}`)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      ) : null}
    </nav>
  )
}

const Ribbon = () => {
  const { t } = useTranslation()
  const { person } = signedIn.useRouteContext()
  const cast = useQuery(trpc.sessions.cast.queryOptions())
  const enter = useMutation(trpc.sessions.enterDemo.mutationOptions({ onSuccess: () => window.location.assign('/') }))
  const members = cast.data ?? []
  const here = members.some(({ id }) => id === person.id)
  return (
    <section className="ribbon" aria-label={t('shell.actAs')}>
      <span>{t('shell.demo')}</span>
      <NativeSelect
        size="xs"
        aria-label={t('shell.actAs')}
        value={here ? person.id : ''}
        onChange={(event) => enter.mutate({ accountId: event.currentTarget.value })}
        data={[
          ...(here ? [] : [{ value: '', label: person.name }]),
          ...members.map(({ id, name, roles }) => ({
            value: id,
            label: `${name} · ${roles.map((role) => t(`role.${role}`)).join(', ') || t('agent')}`,
          })),
        ]}
      />
    </section>
  )
}

const PersonMenu = () => {
  const { t } = useTranslation()
  const { person } = signedIn.useRouteContext()
  const language = useLanguage()
  const scheme = useComputedColorScheme('light')
  const { setColorScheme } = useMantineColorScheme()
  const signOut = useMutation(trpc.sessions.signOut.mutationOptions({ onSettled: () => window.location.assign('/sign-in') }))
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <ActionIcon variant="subtle" size="lg" aria-label={t('shell.menu')}>
          <IconUserCircle size={22} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <div style={{ padding: '8px 12px' }}>
          <div className="strong">{person.name}</div>
          <div className="soft small">{person.roles.map((role) => t(`role.${role}`)).join(', ') || t('agent')}</div>
        </div>
        <Menu.Divider />
        <Menu.Item onClick={() => setColorScheme(scheme === 'dark' ? 'light' : 'dark')}>
          {t(scheme === 'dark' ? 'shell.theme.light' : 'shell.theme.dark')}
        </Menu.Item>
        <Menu.Item onClick={() => setLanguage(language === 'fr' ? 'en' : 'fr')} lang={language === 'fr' ? 'en' : 'fr'}>
          {t('shell.language')}
        </Menu.Item>
        <Menu.Item onClick={() => signOut.mutate({ sessionId: null })}>{t('shell.signOut')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

export const Shell = () => {
  const { t } = useTranslation()
  const { person, demo } = signedIn.useRouteContext()
  const [keysShown, showKeys] = useState(false)
  useLive()
  // By the character, not the key: where the question mark stands differs from keyboard to keyboard.
  useWindowEvent('keydown', ({ key, target }) => {
    if (key === '?' && !(target instanceof HTMLElement && target.closest('input, textarea, select'))) showKeys(true)
  })
  const scope = [...new Set(person.scope.map(({ name }) => name))].join(' · ') || person.place
  return (
    <div className="shell">
      <a href="#content" className="hidden">
        {t('nav.skip')}
      </a>
      {demo ? <Ribbon /> : null}
      <Rail />
      <header className="top">
        <button type="button" className="finder" onClick={() => spotlight.open()}>
          <IconSearch size={16} aria-hidden="true" />
          <span>{t('shell.find')}</span>
          <kbd>Ctrl K</kbd>
        </button>
        <span className="scope" title={scope}>
          <span className="hidden">{t('shell.scope')} : </span>
          {scope}
        </span>
        <Tooltip label={t('shell.keys')}>
          <ActionIcon variant="subtle" size="lg" aria-label={t('shell.keys')} onClick={() => showKeys(true)} visibleFrom="sm">
            <IconKeyboard size={20} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
        <PersonMenu />
      </header>
      <main id="content" tabIndex={-1}>
        {!person.twoFactor && person.scope.length > 0 ? (
          <div className="notice wait" style={{ margin: 16 }}>
            {t('shell.secondFactorMissing')}
          </div>
        ) : null}
        <Outlet />
      </main>
      <Finder />
      <KeysDialog opened={keysShown} onClose={() => showKeys(false)} />
    </div>
  )
}
