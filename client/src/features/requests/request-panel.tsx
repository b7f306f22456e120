import { needsCall } from '@countersign/shared/requests/approval.ts'
import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Fragment, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { count, exactly, phoneNumber } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import type { Outputs } from '../../lib/trpc.ts'
import { usePolicySentences } from '../../ui/policy-sentences.ts'
import { RulesChanged } from '../../ui/rules.tsx'
import { RequestState } from '../../ui/state.tsx'
import { Countdown, Day, When } from '../../ui/when.tsx'
import { CallBack } from './call-back-form.tsx'
import { EditForm } from './edit-form.tsx'
import { useSentence } from './sentence.ts'

type Detail = Outputs['requests']['get']

/** Reasons the product writes itself; people write their own. */
const useReason = () => {
  const { t, i18n } = useTranslation()
  return (reason: string) => {
    const key = [`requests.reasons.${reason}`, `voidReason.${reason}`].find((one) => i18n.exists(one))
    return key ? t(key as 'agent') : reason
  }
}

const Content = ({ content }: { content: Detail['content'] }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const sentences = usePolicySentences()
  return (
    <dl className="facts">
      {content.kind === 'create-account' ? (
        <>
          <dt>{t('filing.login')}</dt>
          <dd>{content.login}</dd>
          <dt>{t('filing.email')}</dt>
          <dd>{content.email}</dd>
          <dt>{t('filing.phone')}</dt>
          <dd>{phoneNumber(content.phone)}</dd>
          <dt>{t('filing.profile')}</dt>
          <dd>{t(`profile.${content.profile}`)}</dd>
          <dt>{t('filing.endsOn')}</dt>
          <dd>
            <Day on={content.endsOn} />
          </dd>
        </>
      ) : null}
      {'bulkId' in content ? (
        <>
          <dt>{t('accounts.title')}</dt>
          <dd>
            <Link to="/bulks/$bulkId" params={{ bulkId: content.bulkId }}>
              {t('requests.seeBulk')}
            </Link>{' '}
            ({t('requests.accounts', { count: content.accounts, shown: count(content.accounts, language) })})
          </dd>
          <dt>{t('requests.listHash')}</dt>
          <dd>
            <code title={content.listHash}>{content.listHash.slice(0, 12)}…</code>
          </dd>
        </>
      ) : null}
      {content.kind === 'set-policy'
        ? (['before', 'after'] as const).map((when) => (
            <Fragment key={when}>
              <dt>{t(`policy.${when}`)}</dt>
              <dd>
                {sentences(content[when]).map((one) => (
                  <p key={one} style={{ margin: '0 0 4px' }}>
                    {one}
                  </p>
                ))}
              </dd>
            </Fragment>
          ))
        : null}
      {content.kind === 'set-policy' ? (
        <>
          <dt>{t('policy.rules')}</dt>
          <dd>
            {content.before.rules && content.after.rules ? (
              <RulesChanged before={content.before.rules} after={content.after.rules} />
            ) : (
              t('policy.none')
            )}
          </dd>
        </>
      ) : null}
      <dt>{t('requests.justification')}</dt>
      <dd>{content.justification === 'public-page' ? t('requests.public') : content.justification}</dd>
    </dl>
  )
}

/** One request: the sentence, its content, its deadline, and the call where one is needed. */
export const RequestPanel = ({ request }: { request: Detail }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const sentence = useSentence(request)
  const reason = useReason()
  const [editing, setEditing] = useState(false)
  return (
    <div className="stack">
      <article className="card stack">
        <div className="row wrap between">
          <h2>
            {t(`kind.${request.kind}`)} <span className="soft small">{t('requests.reference', { reference: request.reference })}</span>
          </h2>
          {request.status === 'pending' ? (
            <span className="state wait">
              {t('requests.expiresIn')} <Countdown until={request.expiresAt} over={t('requests.expired')} />
            </span>
          ) : (
            <RequestState status={request.status} />
          )}
        </div>
        <p className="sentence">{sentence}</p>
        {request.heldUntil && request.status === 'pending' && new Date(request.heldUntil) > new Date() ? (
          <p className="notice wait" style={{ margin: 0 }}>
            {t('requests.held')} {exactly(request.heldUntil, language)}.{' '}
            {t(request.demand?.coolingOffHours ? 'refusal.cooling-off' : 'refusal.held-after-contact-change')}
          </p>
        ) : null}
        {editing ? <EditForm request={request} onDone={() => setEditing(false)} /> : <Content content={request.content} />}
        {request.reason ? (
          <p className="notice danger" style={{ margin: 0 }}>
            {reason(request.reason)}
          </p>
        ) : null}
        <div className="soft small">
          <When at={request.submittedAt} /> · {t('requests.contentHash')}{' '}
          <code title={request.contentHash}>{request.contentHash.slice(0, 12)}…</code>
        </div>
        {request.can.edit === null && request.kind === 'create-account' && !editing ? (
          <div className="row wrap">
            <Button variant="default" size="compact-sm" onClick={() => setEditing(true)}>
              {t('requests.edit')}
            </Button>
            <span className="soft small">{t('requests.editNote')}</span>
          </div>
        ) : null}
      </article>
      {needsCall(request) ? <CallBack key={request.id} request={request} /> : null}
    </div>
  )
}
