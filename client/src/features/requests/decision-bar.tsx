import type { RefusalCode } from '@countersign/shared/refusals.ts'
import { Button, TextInput, Tooltip } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { sentenceOf, tell, tellRefusal } from '../../lib/toast.ts'
import { type Outputs, queryClient, trpc } from '../../lib/trpc.ts'
import { useAboutWhom } from '../../ui/about-whom.ts'

type Detail = Outputs['requests']['get']
type Step = 'idle' | 'approving' | 'rejecting'

const Verb = ({
  label,
  hint,
  refusal,
  onClick,
  color,
  variant = 'filled',
  loading,
}: {
  label: string
  hint?: string
  refusal: RefusalCode | null
  onClick: () => void
  color?: string
  variant?: string
  loading?: boolean
}) => {
  const { t } = useTranslation()
  const reason = refusal ? t(`refusal.${refusal}`) : null
  return (
    <Tooltip label={reason} disabled={reason === null} multiline maw={320}>
      <Button
        {...(color ? { color } : {})}
        variant={variant}
        loading={loading ?? false}
        aria-disabled={refusal !== null}
        {...(refusal === null ? {} : { 'data-disabled': true })}
        onClick={() => refusal === null && onClick()}
        {...(hint ? { rightSection: <kbd>{hint}</kbd> } : {})}
      >
        {label}
      </Button>
    </Tooltip>
  )
}

/**
 * Decides, by mouse or keyboard: countersigning takes the same key twice, because it cannot be taken back. When it is done the
 * next request opens. Give it the request's id as key: a half-made decision never passes to another request.
 */
export const DecisionBar = ({ request, onDone }: { request: Detail; onDone: () => void }) => {
  const { t } = useTranslation()
  const [step, setStep] = useState<Step>('idle')
  const [reason, setReason] = useState('')
  const about = useAboutWhom()(request)
  const done = (text: string) => () => {
    tell(text, `${t('requests.reference', { reference: request.reference })}${about ? ` · ${about}` : ''}`)
    void queryClient.invalidateQueries(trpc.requests.pathFilter())
    void queryClient.invalidateQueries(trpc.overview.pathFilter())
    onDone()
  }
  const failed = (error: unknown) => {
    tellRefusal(error)
    setStep('idle')
    void queryClient.invalidateQueries(trpc.requests.pathFilter())
  }
  const approve = useMutation(
    trpc.requests.approve.mutationOptions({
      onError: failed,
      onSuccess: (status) => done(t(status === 'executed' ? 'requests.executed' : 'requests.approvedPending'))(),
    }),
  )
  const reject = useMutation(
    trpc.requests.reject.mutationOptions({
      onSuccess: done(t(request.kind === 'revoke-bulk' ? 'requests.rejectedBulk' : 'requests.rejectedNow')),
    }),
  )
  const cancel = useMutation(trpc.requests.cancel.mutationOptions({ onError: failed, onSuccess: done(t('requests.cancelledNow')) }))
  const decision = { requestId: request.id, seen: request.contentHash }
  const pressApprove = () => {
    if (approve.isPending || request.can.approve !== null) return
    if (step === 'approving') approve.mutate(decision)
    else setStep('approving')
  }
  useHotkeys([
    ['a', pressApprove],
    ['r', () => request.can.reject === null && setStep('rejecting')],
    ['Escape', () => setStep('idle')],
  ])
  if (request.status !== 'pending') return null
  const mine = request.can.cancel === null
  if (step === 'rejecting') {
    return (
      <form
        className="bar"
        onSubmit={(event) => {
          event.preventDefault()
          reject.mutate({ ...decision, reason })
        }}
      >
        <TextInput
          style={{ flex: '1 1 260px' }}
          autoFocus
          aria-label={t('requests.rejectReason')}
          placeholder={t('requests.rejectReason')}
          value={reason}
          maxLength={500}
          onChange={(event) => setReason(event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'Escape' && setStep('idle')}
          error={reject.isError ? sentenceOf(reject.error) : null}
        />
        <Button type="submit" color="red" loading={reject.isPending} disabled={reason.trim().length < 3}>
          {t('requests.reject')}
        </Button>
        <Button variant="subtle" onClick={() => setStep('idle')}>
          {t('common.cancel')}
        </Button>
      </form>
    )
  }
  return (
    <section className="bar" aria-label={t('requests.reference', { reference: request.reference })}>
      <Verb
        label={t(step === 'approving' ? 'requests.approveAgain' : 'requests.approve')}
        hint="A"
        refusal={request.can.approve}
        onClick={pressApprove}
        loading={approve.isPending}
      />
      <Verb
        label={t('requests.reject')}
        hint="R"
        refusal={request.can.reject}
        color="red"
        variant="light"
        onClick={() => setStep('rejecting')}
      />
      {mine ? (
        <Verb
          label={t('requests.cancel')}
          refusal={request.can.cancel}
          variant="default"
          onClick={() => cancel.mutate({ requestId: request.id })}
          loading={cancel.isPending}
        />
      ) : null}
      <span className="soft small" style={{ flex: '1 1 200px' }}>
        {request.can.approve && !mine ? t(`refusal.${request.can.approve}`) : mine ? t('refusal.own-request') : ''}
      </span>
    </section>
  )
}
