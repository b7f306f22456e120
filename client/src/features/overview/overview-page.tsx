import { Button } from '@mantine/core'
import { useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { count, daysAgo } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { type Outputs, trpc } from '../../lib/trpc.ts'
import { useAboutWhom } from '../../ui/about-whom.ts'
import { useAmount } from '../../ui/amount.tsx'
import { AccountState } from '../../ui/state.tsx'
import { Countdown } from '../../ui/when.tsx'

const tone = { active: 'var(--good)', suspended: 'var(--wait)', revoked: 'var(--danger)' } as const

const Waiting = ({ rows, nothing, view }: { rows: Outputs['overview']['get']['next']; nothing: string; view: 'queue' | 'mine' }) => {
  const { t } = useTranslation()
  const aboutWhom = useAboutWhom()
  if (rows.length === 0)
    return (
      <p className="soft" style={{ margin: 0 }}>
        {nothing}
      </p>
    )
  return (
    <ul className="plain">
      {rows.map((row) => (
        <li key={row.id} className="row between">
          <div className="two">
            <Link to="/requests" search={{ view, request: row.id }}>
              {t(`kind.${row.kind}`)} · {aboutWhom(row)}
            </Link>
            <span className="under">
              {row.place}
              {row.independent ? null : <span className="wait-ink"> · {t('requests.somebodyElse')}</span>}
            </span>
          </div>
          <Countdown until={row.expiresAt} over={t('requests.expired')} />
        </li>
      ))}
    </ul>
  )
}

/** How few hijacked accounts would be enough, in the weakest organisation of one's scope. */
const Strength = ({ strength }: { strength: Outputs['overview']['get']['strength'] }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  if (!strength || strength.organisations === 0) return null
  const fewest = strength.fewest ?? t('collusion.beyond')
  return (
    <section className="card stack tight">
      <h2>{t('collusion.overview')}</h2>
      <div className={strength.fewest === 1 ? 'figure danger' : 'figure'}>{fewest}</div>
      {strength.fewest === 1 ? (
        <p className="notice danger" style={{ margin: 0 }}>
          {t('collusion.oneEnough')}
        </p>
      ) : null}
      <p className="soft" style={{ margin: 0 }}>
        {t('collusion.least', { count: strength.organisations, shown: count(strength.organisations, language) })}
      </p>
      {strength.thin > 0 ? (
        <p className="soft" style={{ margin: 0 }}>
          {t('collusion.thin', { count: strength.thin, shown: count(strength.thin, language) })}{' '}
          <Link to="/organisations" search={{ thin: true }}>
            {t('collusion.openThin')}
          </Link>
        </p>
      ) : null}
      <Link to="/organisations">{t('collusion.open')}</Link>
    </section>
  )
}

/** What waits and what is wrong, in two seconds. */
export const OverviewPage = () => {
  const { t } = useTranslation()
  const language = useLanguage()
  const amount = useAmount()
  const { data } = useSuspenseQuery(trpc.overview.get.queryOptions())
  const { waiting, accounts, refusals } = data
  const suspicious = (data.signals?.critical ?? 0) + (data.signals?.serious ?? 0)
  const total = accounts.byStatus.reduce((sum, { count: one }) => sum + one, 0)
  return (
    <div className="page">
      <h1>{t('overview.title')}</h1>
      {suspicious > 0 ? (
        <p className="notice danger" style={{ margin: 0 }}>
          <Link to="/signals">{t('overview.signals', { count: suspicious, shown: count(suspicious, language) })}</Link>
        </p>
      ) : null}
      <div className="grid" data-steady>
        <section className="card stack">
          <h2>{waiting.count > 0 ? t('overview.waiting', { count: waiting.count }) : t('overview.nothing')}</h2>
          {waiting.nearest ? (
            <p className="notice wait" style={{ margin: 0 }}>
              {t('overview.nearest')} <Countdown until={waiting.nearest} over={t('requests.expired')} />
            </p>
          ) : null}
          {waiting.count > 0 ? <Waiting rows={data.next} nothing="" view="queue" /> : null}
          <div>
            <Button variant={waiting.count > 0 ? 'filled' : 'default'} renderRoot={(props) => <Link to="/requests" {...props} />}>
              {t('overview.open')}
            </Button>
          </div>
        </section>
        <section className="card stack">
          <h2>{t('overview.accounts')}</h2>
          <div className="figure">{count(total, language)}</div>
          <div className="bars" aria-hidden="true">
            {accounts.byStatus.map(({ status, count: one }) => (
              <i key={status} style={{ width: `${total ? (one / total) * 100 : 0}%`, background: tone[status] }} />
            ))}
          </div>
          <ul className="plain">
            {accounts.byStatus.map(({ status, count: one }) => (
              <li key={status} className="row between">
                <AccountState status={status} />
                <Link to="/accounts" search={{ status }}>
                  {count(one, language)}
                </Link>
              </li>
            ))}
            <li className="row between">
              <span className="soft">{t('overview.expiring')}</span>
              <Link to="/accounts" search={{ life: 'expiring' }}>
                {amount(accounts.expiring)}
              </Link>
            </li>
            <li className="row between">
              <span className="soft">{t('overview.dormant')}</span>
              <Link to="/accounts" search={{ life: 'dormant' }}>
                {amount(accounts.dormant)}
              </Link>
            </li>
          </ul>
        </section>
        {data.working.length > 0 ? (
          <section className="card stack">
            <h2>{t('bulk.atWork')}</h2>
            <ul className="plain">
              {data.working.map((row) => (
                <li key={row.id} className="row between">
                  <div className="two">
                    <Link to="/bulks/$bulkId" params={{ bulkId: row.id }}>
                      {t(`bulk.noun.${row.verb}`)} · {t('requests.accounts', { count: row.planned, shown: count(row.planned, language) })}
                    </Link>
                    <span className="under">
                      {row.orderer} · {row.place}
                    </span>
                  </div>
                  <span className={row.status === 'running' ? 'state danger' : 'state wait'}>{t(`bulk.status.${row.status}`)}</span>
                </li>
              ))}
            </ul>
          </section>
        ) : null}
        <section className="card stack">
          <h2>{t('overview.mine')}</h2>
          <Waiting rows={data.mine} nothing={t('overview.noneMine')} view="mine" />
        </section>
        <Strength strength={data.strength} />
        {data.outbox ? (
          <section className="card stack tight">
            <h2>{t('overview.outbox')}</h2>
            {data.outbox.failing > 0 ? (
              <p className="notice danger" style={{ margin: 0 }}>
                {t('overview.failing', { count: data.outbox.failing })} <code>{data.outbox.reason}</code>
              </p>
            ) : (
              <p className="soft" style={{ margin: 0 }}>
                {data.outbox.waiting > 0 ? t('overview.leaving', { count: data.outbox.waiting }) : t('overview.allLeft')}
              </p>
            )}
          </section>
        ) : null}
        {refusals ? (
          <section className="card stack">
            <h2>{t('overview.refusals')}</h2>
            <ul className="plain">
              {(
                [
                  ['attempts', 'attempt.refused'],
                  ['denied', null],
                  ['failed', 'sign-in.failed'],
                ] as const
              ).map(([word, type]) => (
                <li key={word} className="row between">
                  <span className="soft">{t(`overview.${word}`)}</span>
                  {type ? (
                    <Link to="/audit" search={{ type, since: daysAgo(7) }}>
                      {count(refusals[word], language)}
                    </Link>
                  ) : (
                    <span>{count(refusals[word], language)}</span>
                  )}
                </li>
              ))}
            </ul>
          </section>
        ) : null}
      </div>
    </div>
  )
}
