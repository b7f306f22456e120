import type { Permission } from '@countersign/shared/access/permissions.ts'
import { Button, Menu } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { onDay } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { holdStill } from '../../lib/live.ts'
import { tell, tellRefusal } from '../../lib/toast.ts'
import { type Outputs, queryClient, trpc } from '../../lib/trpc.ts'
import { Skeleton } from '../../ui/screen.tsx'
import { useSentence } from '../../ui/signal-sentence.ts'
import { AccountState } from '../../ui/state.tsx'
import { Timeline } from '../../ui/timeline.tsx'
import { When } from '../../ui/when.tsx'
import { Accept } from './accept.tsx'

export type FindingRow = Outputs['signals']['list']['rows'][number]

const tones = { notice: 'none', serious: 'wait', critical: 'danger' } as const satisfies Record<FindingRow['severity'], string>

/** The entries of the audit that show it. */
const Facts = ({ findingId }: { findingId: string }) => {
  const { t } = useTranslation()
  const facts = useQuery(trpc.signals.facts.queryOptions({ findingId }))
  if (!facts.data) return <Skeleton rows={3} />
  return facts.data.length > 0 ? <Timeline entries={facts.data} exact /> : <p className="soft">{t('signal.outside')}</p>
}

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString()

/** What one may do about it: put the account out, see what it touched, say that it is known, or look later. */
const Acts = ({ finding, may, accept }: { finding: FindingRow; may: readonly Permission[]; accept: () => void }) => {
  const { t } = useTranslation()
  const { id, account } = finding
  const again = () => queryClient.invalidateQueries()
  const suspend = useMutation(
    trpc.accounts.suspend.mutationOptions({
      onError: tellRefusal,
      onSuccess: () => {
        // The next finding does not slide under the pointer.
        holdStill(8000)
        tell(t('signal.suspended', { name: account?.name ?? '' }))
      },
    }),
  )
  const snooze = useMutation(trpc.signals.snooze.mutationOptions({ onError: tellRefusal, onSuccess: () => void again() }))
  return (
    <div className="row wrap">
      {suspend.isSuccess ? <AccountState status="suspended" /> : null}
      {account && account.status === 'active' && !suspend.isSuccess && may.includes('account:suspend') ? (
        <Button color="red" loading={suspend.isPending} onClick={() => suspend.mutate({ accountIds: [account.id] })}>
          {t('signal.suspend', { name: account.name })}
        </Button>
      ) : null}
      {account && may.includes('account:suspend') ? (
        <Button
          variant="default"
          renderRoot={(props) => <Link to="/accounts/$accountId/cascade" params={{ accountId: account.id }} {...props} />}
        >
          {t('cascade.open')}
        </Button>
      ) : null}
      {may.includes('signal:settle') && finding.status === 'open' ? (
        <>
          {finding.severity === 'critical' ? null : (
            <Button variant="subtle" onClick={accept}>
              {t('signal.accept')}
            </Button>
          )}
          <Menu>
            <Menu.Target>
              <Button variant="subtle" loading={snooze.isPending}>
                {t('signal.snooze')}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => snooze.mutate({ findingId: id, until: inDays(1) })}>{t('signal.snoozeDay')}</Menu.Item>
              <Menu.Item onClick={() => snooze.mutate({ findingId: id, until: inDays(7) })}>{t('signal.snoozeWeek')}</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </>
      ) : null}
    </div>
  )
}

/** One finding: what happened, what is normal here, the facts, and what one click would do. */
export const FindingCard = ({ finding, may }: { finding: FindingRow; may: readonly Permission[] }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const sentence = useSentence()
  const [shown, show] = useState(false)
  const [accepting, setAccepting] = useState(false)
  const { title, happened, normal } = sentence(finding.rule, finding.numbers)
  const { account, settledBy, until, reason } = finding
  return (
    <section className="card stack tight" aria-label={`${title} · ${account?.name ?? finding.place}`}>
      <div className="row wrap between">
        <h2>{title}</h2>
        <span className={`state ${tones[finding.severity]}`}>{t(`signal.severity.${finding.severity}`)}</span>
      </div>
      <div className="row wrap">
        {account ? (
          <>
            <Link to="/accounts/$accountId" params={{ accountId: account.id }}>
              {account.name}
            </Link>
            <span className="soft">{account.login}</span>
            <AccountState status={account.status} />
            <span className="soft">· {finding.place}</span>
          </>
        ) : (
          <span className="strong">{finding.place}</span>
        )}
      </div>
      <p style={{ margin: 0 }}>{happened}</p>
      <p className="soft" style={{ margin: 0 }}>
        {t('signal.normal', { normal })}
      </p>
      <p className="soft small" style={{ margin: 0 }}>
        <When at={finding.lastAt} /> · {t('signal.times', { count: finding.times })}
        {settledBy && until && finding.status === 'accepted'
          ? ` · ${t('signal.acceptedBy', { name: settledBy, until: onDay(until, language), reason: reason ?? '' })}`
          : ''}
        {settledBy && until && finding.status === 'snoozed'
          ? ` · ${t('signal.snoozedBy', { name: settledBy, until: onDay(until, language) })}`
          : ''}
      </p>
      {accepting ? (
        <Accept findingId={finding.id} done={() => setAccepting(false)} />
      ) : (
        <Acts finding={finding} may={may} accept={() => setAccepting(true)} />
      )}
      <div>
        <Button variant="subtle" size="compact-sm" aria-expanded={shown} onClick={() => show(!shown)}>
          {t(shown ? 'signal.hideFacts' : 'signal.facts')}
        </Button>
      </div>
      {shown ? <Facts findingId={finding.id} /> : null}
    </section>
  )
}
