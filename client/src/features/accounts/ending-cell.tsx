import { type AccountStatus, type EndReason, endReasons, knownToOthers, undoSeconds } from '@countersign/shared/accounts/status.ts'
import type { Ended } from '@countersign/shared/events.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import { Button, NativeSelect, RingProgress, Tooltip } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { tell, tellRefusal } from '../../lib/toast.ts'
import { trpc } from '../../lib/trpc.ts'
import type { Ending, Endings, Verb } from './endings.ts'

type Subject = {
  readonly id: string
  readonly givenName: string
  readonly familyName: string
  readonly can: Readonly<Record<Verb, RefusalCode | null>>
  readonly status: AccountStatus
  readonly undoUntil: string | null
}

/** What one ended a moment ago, here or on another screen: the way back stays in sight until its time is over. */
const useEnding = (subject: Subject, endings: Endings): Ending | undefined => {
  const until = subject.undoUntil ? new Date(subject.undoUntil).getTime() : 0
  const [, seeAgain] = useState(0)
  useEffect(() => {
    const left = until - Date.now()
    if (left <= 0) return
    const timer = setTimeout(() => seeAgain((before) => before + 1), left)
    return () => clearTimeout(timer)
  }, [until])
  const here = endings.of(subject.id)
  if (here || until <= Date.now()) return here
  const line = { id: subject.id, refusal: null, status: subject.status, ended: null }
  return { verb: subject.status === 'revoked' ? 'revoke' : 'suspend', line, until }
}

const Ring = ({ until }: { until: number }) => {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [])
  const left = Math.max(0, Math.ceil((until - now) / 1000))
  return (
    <RingProgress
      aria-hidden="true"
      size={30}
      thickness={3}
      sections={[{ value: (left / undoSeconds) * 100, color: 'signature' }]}
      label={
        <span className="small" style={{ display: 'block', textAlign: 'center' }}>
          {left}
        </span>
      }
    />
  )
}

const counted = ['sessions', 'links', 'requestsVoided', 'approvalsVoided'] as const

/** "3 sessions ended, 1 link dead": what is none is not said. */
export const useCounted = () => {
  const { t } = useTranslation()
  return (ended: Ended): string =>
    counted
      .filter((one) => ended[one] > 0)
      .map((one) => t(`accounts.${one}`, { count: ended[one] }))
      .join(', ')
}

/** The sentence that counts what went with an account; of one that was out already, that nobody takes it back alone any more. */
export const useEndedSentence = () => {
  const { t } = useTranslation()
  const list = useCounted()
  return (ended: Ended | null) => {
    if (!ended) return t('accounts.confirmed')
    const what = list(ended)
    return what ? t('accounts.ended', { what }) : t('accounts.endedNothing')
  }
}

const EndedCell = ({ subject, ending, endings }: { subject: Subject; ending: Ending; endings: Endings }) => {
  const { t } = useTranslation()
  const explain = useMutation(
    trpc.accounts.explain.mutationOptions({
      onSuccess: (_count, { reason }) =>
        tell(t('accounts.reasonSaved'), knownToOthers.includes(reason) ? t('accounts.credentialsForgotten') : null),
      onError: tellRefusal,
    }),
  )
  return (
    <div className="row" style={{ justifyContent: 'flex-end', gap: 8 }}>
      <NativeSelect
        size="xs"
        w={84}
        aria-label={t('accounts.reason')}
        defaultValue=""
        onChange={(event) => explain.mutate({ accountIds: [subject.id], reason: event.currentTarget.value as EndReason, note: '' })}
        data={[
          { value: '', label: t('accounts.reason'), disabled: true },
          ...endReasons.map((reason) => ({
            value: reason,
            label: knownToOthers.includes(reason) ? t('accounts.forgets', { reason: t(`endReason.${reason}`) }) : t(`endReason.${reason}`),
          })),
        ]}
      />
      <Ring until={ending.until} />
      <Button size="compact-sm" variant="default" onClick={() => endings.undo(subject.id, () => tell(t('accounts.undone')))}>
        {t('accounts.undo')}
      </Button>
    </div>
  )
}

/** Quiet in a list of fifty, plain on the one page of the account. */
const variants = { 'compact-sm': { suspend: 'subtle', revoke: 'light' }, sm: { suspend: 'light', revoke: 'filled' } } as const

/** The two red verbs, in place: one click, no dialog. A verb one may not use says why. */
export const EndingCell = ({
  subject,
  endings,
  size = 'compact-sm',
}: {
  subject: Subject
  endings: Endings
  size?: 'compact-sm' | 'sm'
}) => {
  const { t } = useTranslation()
  const sentence = useEndedSentence()
  const name = `${subject.givenName} ${subject.familyName}`
  const ending = useEnding(subject, endings)
  if (ending) return <EndedCell subject={subject} ending={ending} endings={endings} />
  const act = (verb: Verb) =>
    endings.end(verb, [subject.id], ([line]) => {
      if (line && line.refusal === null)
        tell(t(line.status === 'revoked' ? 'accounts.revoked' : 'accounts.suspended', { name }), sentence(line.ended))
    })
  return (
    <div className="row" style={{ justifyContent: 'flex-end', gap: 6 }}>
      {(['suspend', 'revoke'] as const).map((verb) => {
        const refusal = subject.can[verb]
        return (
          <Tooltip
            key={verb}
            label={refusal ? t(`refusal.${refusal}`) : t(verb === 'suspend' ? 'accounts.suspendNamed' : 'accounts.revokeNamed', { name })}
            openDelay={300}
          >
            <Button
              size={size}
              color="red"
              variant={variants[size][verb]}
              aria-disabled={refusal !== null}
              {...(refusal === null ? {} : { 'data-disabled': true })}
              aria-label={`${t(verb === 'suspend' ? 'accounts.suspendNamed' : 'accounts.revokeNamed', { name })}${refusal ? ` : ${t(`refusal.${refusal}`)}` : ''}`}
              onClick={() => {
                if (refusal === null && !endings.busy) act(verb)
              }}
            >
              {t(`accounts.${verb}`)}
            </Button>
          </Tooltip>
        )
      })}
    </div>
  )
}
