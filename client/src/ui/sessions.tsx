import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useProviderName } from '../lib/provider-name.ts'
import { When } from './when.tsx'

type Session = {
  readonly id: string
  readonly method: 'password' | 'password-totp' | 'password-recovery-code' | 'passkey' | 'provider' | 'provider-two-factor' | 'demo'
  /** The provider somebody signed in through, which of those behind it, and the context class it gave. */
  readonly issuer?: string | null
  readonly behind?: string | null
  readonly acr?: string | null
  readonly device: string
  readonly address: string
  readonly createdAt: Date | string
  readonly lastSeenAt: Date | string
  readonly current?: boolean
}

/** "Chrome, Linux" is what a person recognises; the rest of a user agent is noise. */
const deviceName = (agent: string): string => {
  const browser = /Firefox|Edg|Chrome|Safari/.exec(agent)?.[0]?.replace('Edg', 'Edge') ?? agent.slice(0, 30)
  const system = /Windows|Android|iPhone|iPad|Mac OS X|Linux/.exec(agent)?.[0] ?? ''
  return [browser, system].filter(Boolean).join(', ')
}

export const Sessions = ({ sessions, onEnd }: { sessions: readonly Session[]; onEnd?: (id: string) => void }) => {
  const { t } = useTranslation()
  const providerName = useProviderName()
  if (sessions.length === 0) return <p className="soft">{t('account.noSession')}</p>
  return (
    <ul className="plain">
      {sessions.map((one) => (
        <li key={one.id} className="row wrap between">
          <span>
            <span className="strong">{deviceName(one.device)}</span>{' '}
            {one.current ? <span className="state good">{t('me.current')}</span> : null}{' '}
            <span className="soft">
              {t(`account.method.${one.method}`)}
              {one.issuer ? ` (${[providerName(one.issuer).name, one.behind, one.acr].filter(Boolean).join(', ')})` : ''} ·{' '}
              {t('account.address')} {one.address} · {t('account.since')} <When at={new Date(one.createdAt).toISOString()} /> ·{' '}
              {t('account.seen')} <When at={new Date(one.lastSeenAt).toISOString()} />
            </span>
          </span>
          {onEnd ? (
            <Button size="compact-sm" variant="default" onClick={() => onEnd(one.id)}>
              {t('me.signOut')}
            </Button>
          ) : null}
        </li>
      ))}
    </ul>
  )
}
