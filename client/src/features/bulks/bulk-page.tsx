import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { count } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { trpc } from '../../lib/trpc.ts'
import { When } from '../../ui/when.tsx'
import { BulkState } from './bulk-state.tsx'
import { Confirm } from './confirm.tsx'
import { Aftermath, Waiting } from './ending.tsx'
import { Impact } from './impact.tsx'
import { Lines } from './lines.tsx'
import { Progress } from './progress.tsx'

const route = getRouteApi('/_signed-in/bulks/$bulkId')

/** One bulk from its dry run to its report, on one page: what it would do, what it does, what it did. */
export const BulkPage = () => {
  const { t } = useTranslation()
  const language = useLanguage()
  const { bulkId } = route.useParams()
  const { data: bulk } = useSuspenseQuery({
    ...trpc.bulks.get.queryOptions({ bulkId }),
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? 1000 : false),
  })
  const working = bulk.status === 'running' || bulk.status === 'paused'
  return (
    <div className="page">
      <div className="row wrap between">
        <h1>
          {t(`bulk.noun.${bulk.verb}`)} · {t('requests.accounts', { count: bulk.planned, shown: count(bulk.planned, language) })}
        </h1>
        <BulkState status={bulk.status} asked={bulk.request?.status ?? null} />
      </div>
      <p className="soft" style={{ margin: 0 }}>
        {bulk.place ? `${bulk.place} · ` : ''}
        {t(`bulk.from.${bulk.from}`)} · {t('bulk.orderedBy', { name: bulk.orderer?.name ?? '' })} ·{' '}
        <When at={bulk.startedAt ?? bulk.previewedAt} />
        {bulk.justification ? ` · ${t('bulk.quoted', { text: bulk.justification })}` : ''}
        {bulk.givesBackId ? (
          <>
            {' · '}
            <Link to="/bulks/$bulkId" params={{ bulkId: bulk.givesBackId }}>
              {t('bulk.givesBack')}
            </Link>
          </>
        ) : null}
      </p>
      <Waiting bulk={bulk} />
      {bulk.halted && bulk.status === 'paused' ? (
        <p className="notice danger" style={{ margin: 0 }} role="alert">
          {t('bulk.halted', { why: bulk.halted })}
        </p>
      ) : null}
      {working ? <Progress bulk={bulk} /> : null}
      {bulk.status === 'finished' || bulk.status === 'stopped' || (bulk.status === 'waiting' && bulk.verb === 'revoke') ? (
        <Aftermath bulk={bulk} />
      ) : null}
      {bulk.can.start === null ? <Confirm bulk={bulk} /> : null}
      {bulk.status === 'previewed' && bulk.can.start ? (
        <p className="notice wait" style={{ margin: 0 }} role="status">
          {t(`refusal.${bulk.can.start}`)}
        </p>
      ) : null}
      <Impact bulk={bulk} />
      <Lines bulk={bulk} />
    </div>
  )
}
