import { Button } from '@mantine/core'
import { useInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { count, exactly, toTheSecond } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { trpc } from '../../lib/trpc.ts'
import { useActorless, useEntryDetail } from '../../ui/timeline.tsx'
import { useReason } from './accounts.tsx'
import { Clock } from './clock.tsx'
import { useSubject } from './story.tsx'

const route = getRouteApi('/_signed-in/incidents/$incidentId_/record')

/** So much of the story is printed; all of it is in the export. */
const printed = 500

type Paged = { readonly hasNextPage: boolean; readonly isFetching: boolean; readonly fetchNextPage: () => unknown }

/** Paper has no "show more": pages are fetched until they are all there, or enough. */
const useAllOf = (pages: Paged, enough: boolean): boolean => {
  const going = pages.hasNextPage && !enough
  useEffect(() => {
    if (going && !pages.isFetching) void pages.fetchNextPage()
  })
  return !going && !pages.isFetching
}

const Part = ({ title, children }: { title: string; children: ReactNode }) => (
  <section className="stack tight">
    <h2>{title}</h2>
    {children}
  </section>
)

/** What only people know is written in by hand. */
const Lines = ({ hint }: { hint: string }) => (
  <div>
    <p className="soft small" style={{ margin: 0 }}>
      {hint}
    </p>
    <div className="ruled" />
    <div className="ruled" />
    <div className="ruled" />
  </div>
)

/** The incident on paper, in the order of article 33 (3), for the data-protection officer. */
export const RecordPage = () => {
  const { t } = useTranslation()
  const language = useLanguage()
  const { incidentId } = route.useParams()
  const { data: incident } = useSuspenseQuery(trpc.incidents.get.queryOptions({ incidentId }))
  const next = { getNextPageParam: ({ next: cursor }: { next: string | null }) => cursor ?? undefined }
  const accounts = useInfiniteQuery(trpc.incidents.accounts.infiniteQueryOptions({ incidentId }, next))
  const story = useInfiniteQuery(trpc.incidents.story.infiniteQueryOptions({ incidentId }, next))
  const rows = (accounts.data?.pages ?? []).flatMap((page) => page.rows).filter(({ contained }) => contained)
  const told = (story.data?.pages ?? []).flatMap((page) => page.rows)
  const ready = [useAllOf(accounts, false), useAllOf(story, told.length >= printed)].every(Boolean)
  const reason = useReason()
  const subject = useSubject()
  const detail = useEntryDetail()
  const actorless = useActorless()
  const { totals } = incident
  const shown = (value: number) => ({ count: value, shown: count(value, language) })
  return (
    <div className="page record">
      <div className="row wrap no-print">
        <Link to="/incidents/$incidentId" params={{ incidentId }}>
          ← {t('incident.backTo')}
        </Link>
        <Button onClick={() => window.print()} loading={!ready}>
          {t('incident.print')}
        </Button>
      </div>
      <h1>{t('incident.recordTitle', { name: incident.name })}</h1>
      <p style={{ margin: 0 }}>
        {incident.place} · {t('incident.openedByName', { name: incident.openedBy?.name ?? '' })} · {exactly(incident.openedAt, language)}
        {incident.closedAt ? ` · ${t('incident.closedOn', { at: exactly(incident.closedAt, language) })}` : ''}
      </p>
      <Part title={t('incident.parts.clock')}>
        <ul className="plain">
          <li>
            {t('incident.known')} : <strong>{exactly(incident.knownAt, language)}</strong>
          </li>
          <li>
            {t('incident.notifyBy')} : <strong>{exactly(incident.notifyBy, language)}</strong>
          </li>
          <li>
            {incident.notifiedAt ? (
              <>
                {t('incident.notifiedUnder')} : <strong>{exactly(incident.notifiedAt, language)}</strong> · {incident.notificationReference}
              </>
            ) : (
              <Clock {...incident} />
            )}
          </li>
        </ul>
      </Part>
      <Part title={t('incident.parts.nature')}>
        <p style={{ margin: 0 }}>{t('incident.nature', shown(totals.contained))}</p>
        <p style={{ margin: 0 }}>
          <strong>{count(totals.files, language)}</strong> {t('incident.files', { count: totals.files })}
        </p>
        <p className="soft small" style={{ margin: 0 }}>
          {t('incident.filesNote')}
        </p>
      </Part>
      <Part title={t('incident.parts.contact')}>
        <Lines hint={t('incident.byHand.contact')} />
      </Part>
      <Part title={t('incident.parts.consequences')}>
        <Lines hint={t('incident.byHand.consequences')} />
      </Part>
      <Part title={t('incident.parts.measures')}>
        <ul>
          <li>{t('incident.contained', shown(totals.contained))}</li>
          <li>{t('incident.revoked', shown(totals.revoked))}</li>
          {(['sessions', 'links', 'requests', 'approvals'] as const).map((one) => (
            <li key={one}>{t(`bulk.${one}`, shown(totals[one]))}</li>
          ))}
        </ul>
        <Lines hint={t('incident.byHand.measures')} />
      </Part>
      <Part title={t('incident.accounts')}>
        <div className="scroll-x">
          <table className="paper">
            <thead>
              <tr>
                <th>{t('bulk.account')}</th>
                <th>{t('incident.why')}</th>
                <th>{t('accounts.status')}</th>
                <th className="number">{t('cascade.files')}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.accountId}>
                  <td>
                    {row.name} ({row.login}), {row.place}
                  </td>
                  <td>
                    {reason(row)}, {t('incident.since', { at: exactly(row.since, language) })}
                  </td>
                  <td>{t(`status.${row.status}`)}</td>
                  <td className="number">{count(row.files, language)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Part>
      <Part title={t('incident.story')}>
        <div className="scroll-x">
          <table className="paper">
            <thead>
              <tr>
                <th>{t('audit.columns.at')}</th>
                <th>{t('audit.columns.type')}</th>
                <th>{t('audit.columns.actor')}</th>
                <th>{t('audit.columns.subject')}</th>
                <th>{t('audit.columns.data')}</th>
              </tr>
            </thead>
            <tbody>
              {told.slice(0, printed).map((row) => (
                <tr key={row.id}>
                  <td className="nowrap">{toTheSecond(row.at, language)}</td>
                  <td>{t(`event.${row.type}`)}</td>
                  <td>{row.actor?.name ?? actorless(row)}</td>
                  <td>{subject(row)}</td>
                  <td>{detail(row.type, row.data)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {story.hasNextPage ? <p>{t('incident.restInExport')}</p> : null}
      </Part>
    </div>
  )
}
