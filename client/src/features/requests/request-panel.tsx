import type { Permission } from '@countersign/shared/access/permissions.ts'
import { policyDocument } from '@countersign/shared/policy/policy.ts'
import { needsCall } from '@countersign/shared/requests/approval.ts'
import { Button } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { exactly } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import type { Outputs } from '../../lib/trpc.ts'
import { PolicyTrial } from '../../ui/policy-trial.tsx'
import { RequestState } from '../../ui/state.tsx'
import { Countdown, When } from '../../ui/when.tsx'
import { CallBack } from './call-back-form.tsx'
import { Content } from './content.tsx'
import { EditForm } from './edit-form.tsx'
import { useSentence } from './sentence.ts'

const signedIn = getRouteApi('/_signed-in')
type Detail = Outputs['requests']['get']

/** Reasons the product writes itself; people write their own. */
const useReason = () => {
  const { t, i18n } = useTranslation()
  return (reason: string) => {
    const key = [`requests.reasons.${reason}`, `voidReason.${reason}`].find((one) => i18n.exists(one))
    return key ? t(key as 'agent') : reason
  }
}

/** One request: the sentence, its content, its deadline, and the call where one is needed. */
export const RequestPanel = ({ request }: { request: Detail }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const sentence = useSentence(request)
  const reason = useReason()
  const [editing, setEditing] = useState(false)
  const { person } = signedIn.useRouteContext()
  const may: readonly Permission[] = person.may
  const mayTry = may.includes('request:file:set-policy')
  const asked = request.content.kind === 'set-policy' && request.status === 'pending' ? request.content.after : null
  const draft = asked && policyDocument.safeParse(asked).data
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
        {draft && mayTry ? <PolicyTrial draft={draft} ready /> : null}
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
