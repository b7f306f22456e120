import { Button } from '@mantine/core'
import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { count, exactly } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { type Outputs, trpc } from '../../lib/trpc.ts'
import { ExportLink } from '../../ui/export-link.tsx'
import { Countdown, When } from '../../ui/when.tsx'
import { IncidentAccounts } from './accounts.tsx'
import { Clock } from './clock.tsx'
import { IncidentState } from './incident-state.tsx'
import { Keeping, Note, Reopening } from './keeping.tsx'
import { Story } from './story.tsx'

const route = getRouteApi('/_signed-in/incidents/$incidentId')
export type Incident = Outputs['incidents']['get']

/** What is still to be countersigned before anything of it is final. */
const Pending = ({ bulks }: { bulks: Incident['bulks'] }) => {
  const { t } = useTranslation()
  return bulks
    .filter(({ asked, requestId }) => asked === 'pending' && requestId !== null)
    .map(({ id, requestId, reference, expiresAt }) => (
      <p key={id} className="notice wait" style={{ margin: 0 }}>
        <strong>{t('bulk.waitsFor')}</strong> ·{' '}
        <Link to="/requests" search={{ view: 'all', request: requestId ?? undefined }}>
          {t('requests.reference', { reference })}
        </Link>{' '}
        · <Countdown until={expiresAt ?? ''} over={t('requests.expired')} />
      </p>
    ))
}

/** What it came to, in numbers. */
const Totals = ({ incident: { totals, bulks } }: { incident: Incident }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const shown = (value: number) => ({ count: value, shown: count(value, language) })
  return (
    <section className="card stack tight">
      <h2>{t('incident.extent')}</h2>
      <div>
        <div className="figure">{count(totals.files, language)}</div>
        {t('incident.files', { count: totals.files })}
      </div>
      <ul className="plain">
        <li>{t('incident.contained', shown(totals.contained))}</li>
        <li className={totals.revoked === 0 ? 'soft' : undefined}>{t('incident.revoked', shown(totals.revoked))}</li>
        {totals.active > 0 ? <li className="strong">{t('incident.back', shown(totals.active))}</li> : null}
        {totals.accounts > totals.contained ? (
          <li className="soft">{t('incident.looked', shown(totals.accounts - totals.contained))}</li>
        ) : null}
        {(['sessions', 'links', 'requests', 'approvals'] as const).map((one) => (
          <li key={one} className={totals[one] === 0 ? 'soft' : undefined}>
            {t(`bulk.${one}`, shown(totals[one]))}
          </li>
        ))}
      </ul>
      {bulks.map(({ id }) => (
        <Link key={id} to="/bulks/$bulkId" params={{ bulkId: id }}>
          {t('bulk.see')}
        </Link>
      ))}
    </section>
  )
}

const exports = ['json', 'accounts.csv', 'story.csv'] as const

/** One incident: its clock, its extent, its accounts, and who did what when. */
export const IncidentPage = () => {
  const { t } = useTranslation()
  const language = useLanguage()
  const { incidentId } = route.useParams()
  const { data: incident } = useSuspenseQuery(trpc.incidents.get.queryOptions({ incidentId }))
  return (
    <div className="page">
      <div className="row wrap between">
        <h1>{incident.name}</h1>
        <IncidentState closedAt={incident.closedAt} />
      </div>
      <p className="soft" style={{ margin: 0 }}>
        {incident.place} · {t('incident.openedByName', { name: incident.openedBy?.name ?? '' })} · <When at={incident.openedAt} />
        {incident.closedAt ? ` · ${t('incident.closedOn', { at: exactly(incident.closedAt, language) })}` : ''}
      </p>
      <Pending bulks={incident.bulks} />
      <div className="grid">
        <section className="card stack tight">
          <h2>{t('incident.clockTitle')}</h2>
          <div>
            <Clock {...incident} />
          </div>
          <ul className="plain">
            <li className="row between">
              <span className="soft">{t('incident.known')}</span>
              <span>{exactly(incident.knownAt, language)}</span>
            </li>
            <li className="row between">
              <span className="soft">{t('incident.notifyBy')}</span>
              <span>{exactly(incident.notifyBy, language)}</span>
            </li>
            {incident.notifiedAt ? (
              <li className="row between">
                <span className="soft">{t('incident.notifiedUnder')}</span>
                <span>
                  {exactly(incident.notifiedAt, language)} · {incident.notificationReference}
                </span>
              </li>
            ) : null}
          </ul>
          {incident.keep === null ? <Keeping incident={incident} /> : null}
          {incident.reopen === null ? <Reopening incident={incident} /> : null}
          {incident.keep === 'not-permitted' ? (
            <p className="soft small" style={{ margin: 0 }}>
              {t('incident.readOnly')}
            </p>
          ) : null}
        </section>
        <Totals incident={incident} />
      </div>
      <section className="card row wrap">
        <Button renderRoot={(props) => <Link to="/incidents/$incidentId/record" params={{ incidentId }} {...props} />}>
          {t('incident.record')}
        </Button>
        {exports.map((format) => (
          <ExportLink
            key={format}
            on={incidentId}
            href={`/export/incident/${incidentId}/${format}`}
            label={t(`incident.export.${format === 'json' ? 'json' : format === 'accounts.csv' ? 'accounts' : 'story'}`)}
          />
        ))}
      </section>
      <IncidentAccounts incidentId={incidentId} />
      <Story incidentId={incidentId} />
      {incident.keep === null ? <Note incidentId={incidentId} /> : null}
    </div>
  )
}
