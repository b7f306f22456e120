import type { Permission } from '@countersign/shared/access/permissions.ts'
import { peopleIn } from '@countersign/shared/requests/requirement.ts'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { count } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import type { Outputs } from '../../lib/trpc.ts'
import { AccountSignals } from '../../ui/account-signals.tsx'
import { useDemandSentences } from '../../ui/policy-sentences.ts'
import { When } from '../../ui/when.tsx'

const signedIn = getRouteApi('/_signed-in')
type Detail = Outputs['requests']['get']
type Card = NonNullable<Detail['requesterCard']>

const Person = ({ card }: { card: Card }) => {
  const { t } = useTranslation()
  return (
    <div>
      <Link to="/accounts/$accountId" params={{ accountId: card.id }} className="strong">
        {card.name}
      </Link>{' '}
      <span className="soft">{card.place}</span>
      <div className="soft small">
        {t('requests.since')} <When at={card.createdAt} /> ·{' '}
        {card.countersignedBy.length > 0 ? `${t('requests.countersignedBy')} ${card.countersignedBy.join(', ')}` : t('requests.founding')}
      </div>
    </div>
  )
}

/** What a countersigner ought to know before saying yes: who asks, since when they exist, and who countersigned them. */
export const Evidence = ({ request }: { request: Detail }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const demands = useDemandSentences()
  const { person } = signedIn.useRouteContext()
  const may: readonly Permission[] = person.may
  return (
    <aside className="card stack evidence" aria-label={t('requests.evidence')}>
      <section>
        <h3>{t('requests.requester')}</h3>
        {request.requesterCard ? (
          <>
            <Person card={request.requesterCard} />
            {may.includes('signal:read') ? <AccountSignals accountId={request.requesterCard.id} /> : null}
          </>
        ) : (
          <p className="notice wait small" style={{ margin: '6px 0' }}>
            {t('requests.public')}
          </p>
        )}
      </section>
      {request.subjectCard ? (
        <section>
          <h3>{t('requests.subject')}</h3>
          <Person card={request.subjectCard} />
          {may.includes('signal:read') ? <AccountSignals accountId={request.subjectCard.id} /> : null}
        </section>
      ) : null}
      {request.sharedBy.length > 0 ? (
        <p className="notice wait small" style={{ margin: 0 }}>
          {t('requests.sharedBy')} {request.sharedBy.map(({ name }) => name).join(', ')}.
        </p>
      ) : null}
      {request.reach ? (
        <section>
          <h3>{t('requests.reach')}</h3>
          <div>
            <span className="soft">{count(request.reach.before, language)} → </span>
            <span className="strong">{count(request.reach.after, language)}</span> <span className="soft small">{request.reach.over}</span>
          </div>
        </section>
      ) : null}
      <section>
        <h3>{t('requests.approvals')}</h3>
        {request.demand ? (
          <p className="small" style={{ margin: '0 0 6px' }}>
            {demands(request.demand).join(' ')}
          </p>
        ) : null}
        {request.demand && request.approvalsNeeded > peopleIn(request.demand) ? (
          <p className="notice small" style={{ margin: '0 0 6px' }}>
            {t('proof.more', { count: request.approvalsNeeded })}
          </p>
        ) : null}
        <div>{t('requests.approvalsOf', { given: request.approvalsGiven, needed: request.approvalsNeeded })}</div>
        <ul className="plain small">
          {request.approvals.map((one) => (
            <li key={`${one.approverId}${one.givenAt}`}>
              <span className={one.voidedAt ? 'soft' : 'strong'} style={one.voidedAt ? { textDecoration: 'line-through' } : undefined}>
                {one.name}
              </span>{' '}
              <span className="soft">
                <When at={one.givenAt} /> · {t(`proof.assurance.${one.assurance}`)}{' '}
                {one.voidedBecause ? `· ${t('requests.voided')} : ${t(`voidReason.${one.voidedBecause}`)}` : ''}
              </span>
            </li>
          ))}
        </ul>
      </section>
      {request.status === 'pending' ? (
        <section>
          <h3>{t('requests.mayCountersign')}</h3>
          {request.approvers.length > 0 && request.lacking > 0 ? (
            <p className="notice danger small" style={{ margin: '6px 0' }}>
              {t('requests.tooFewMay', { count: request.lacking })}
            </p>
          ) : null}
          {request.approvers.length === 0 ? (
            <p className="notice danger small" style={{ margin: '6px 0' }}>
              {t('requests.nobodyMay')}
            </p>
          ) : null}
          <ul className="plain small">
            {request.approvers.map((one) => (
              <li key={`${one.id}${one.role}`}>
                {one.name}{' '}
                <span className="soft">{`${t(`role.${one.role}`)} · ${one.over}${one.away ? ` · ${t('absence.away')}` : ''}`}</span>
                {one.independent ? null : <span className="wait-ink"> · {t('requests.notIndependent')}</span>}
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </aside>
  )
}
