import { callBackOutcomes } from '@countersign/shared/requests/status.ts'
import { ofWhom } from '@countersign/shared/text/prepositions.ts'
import { Button, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { phoneNumber } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { tell, tellRefusal } from '../../lib/toast.ts'
import { type Outputs, queryClient, trpc } from '../../lib/trpc.ts'
import { When } from '../../ui/when.tsx'

type Detail = Outputs['requests']['get']

const tones = { confirmed: 'signature', denied: 'red', 'not-reached': 'gray', 'someone-else': 'red' } as const

type Outcome = (typeof callBackOutcomes)[number]
const isFinal = (outcome: Outcome): outcome is 'denied' | 'someone-else' => outcome === 'denied' || outcome === 'someone-else'
/** What ends the request, and may suspend the account, or lets it be signed. Nobody reached is soon called again. */
const weighs = (outcome: Outcome): outcome is Exclude<Outcome, 'not-reached'> => outcome !== 'not-reached'

/** The call to the number on record, and its four outcomes; the ones before it stay in sight. */
export const CallBack = ({ request }: { request: Detail }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const [note, setNote] = useState('')
  const [asked, setAsked] = useState<Outcome>()
  const record = useMutation(
    trpc.requests.callBack.mutationOptions({
      onError: tellRefusal,
      onSuccess: (outcome) => {
        // The list moves on to the next request: whose call it was is said.
        tell(t(`outcome.${outcome}`), isFinal(outcome) ? t(`requests.reasons.${outcome}`) : (request.subjectCard?.name ?? null))
        setNote('')
        setAsked(undefined)
        void queryClient.invalidateQueries(trpc.requests.pathFilter())
      },
    }),
  )
  const press = (outcome: Outcome) => {
    if (weighs(outcome) && asked !== outcome) setAsked(outcome)
    else record.mutate({ requestId: request.id, outcome, note })
  }
  return (
    <section className="card stack tight">
      <h3>{t('requests.callBack')}</h3>
      <div className="figure" style={{ fontSize: 20 }}>
        {phoneNumber(request.phoneOnRecord ?? '')}
      </div>
      {request.can.callBack === null ? (
        <>
          <p className="soft small" style={{ margin: 0 }}>
            {t('requests.callBackHint')}
          </p>
          {request.requester === null ? (
            <p className="notice wait small" style={{ margin: 0 }}>
              {t('requests.callerSignsNot')}
            </p>
          ) : null}
          <TextInput label={t('requests.note')} value={note} maxLength={500} onChange={(event) => setNote(event.currentTarget.value)} />
          <div className="row wrap">
            {callBackOutcomes.map((outcome) => (
              <Button
                key={outcome}
                size="compact-sm"
                variant="light"
                color={tones[outcome]}
                loading={record.isPending}
                onClick={() => press(outcome)}
              >
                {asked === outcome && weighs(outcome) ? t(`requests.callBackFinal.${outcome}`) : t(`outcome.${outcome}`)}
              </Button>
            ))}
          </div>
        </>
      ) : null}
      {request.calls.length === 0 ? <p className="soft small">{t('requests.noCall')}</p> : null}
      <ul className="plain small">
        {request.calls.map((call) => (
          <li key={call.calledAt}>
            <span className="strong">{t(`outcome.${call.outcome}`)}</span>{' '}
            <span className="soft">
              {call.note} · {t('requests.calledBy', { ofName: ofWhom(call.name, language) })}, <When at={call.calledAt} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
