import { type Decision, decisionText, requirementText } from '@countersign/shared/access/proof.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import { canonicalJson } from '@countersign/shared/requests/canonical.ts'
import { Button, TextInput, Tooltip } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { sha256 } from '../../lib/passkey.ts'
import { sentenceOf, tell, tellRefusal } from '../../lib/toast.ts'
import { type Outputs, queryClient, refusalOf, trpc } from '../../lib/trpc.ts'
import { useAboutWhom } from '../../ui/about-whom.ts'
import { ProofDialog, useFactors } from '../../ui/proof.tsx'
import { SignedText } from './signed-text.tsx'

type Detail = Outputs['requests']['get']
type Step = 'idle' | 'approving' | 'rejecting' | 'proving-rejection'

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
  // Whoever reads the request has it within scope: what they lack is the role.
  const reason = refusal ? t(refusal === 'out-of-scope' ? 'requests.otherRole' : `refusal.${refusal}`) : null
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

/** Decides behind a proof: a passkey over exactly what is shown, or what the person has that is weaker. */
const useDecisions = (request: Detail, done: (text: string) => void) => {
  const { t } = useTranslation()
  const { none } = useFactors()
  // The first nonce remembers since when this was looked at; one that has grown too old gives way to the next.
  const [opened, setOpened] = useState<string | null>(request.nonce)
  const onError = (error: unknown) => {
    if (refusalOf(error)?.code === 'proof-stale') setOpened(null)
    void queryClient.invalidateQueries(trpc.requests.pathFilter())
  }
  const approve = useMutation(
    trpc.requests.approve.mutationOptions({
      onError,
      onSuccess: (status) => done(t(status === 'executed' ? 'requests.executed' : 'requests.approvedPending')),
    }),
  )
  const reject = useMutation(
    trpc.requests.reject.mutationOptions({
      onError,
      onSuccess: () => done(t(request.kind === 'revoke-bulk' ? 'requests.rejectedBulk' : 'requests.rejectedNow')),
    }),
  )
  const { id: requestId, contentHash, content } = request
  const nonce = opened ?? request.nonce
  /** Hashed here, from what is shown: nobody signs what the server merely names. */
  const textOf = (decision: Decision) => async (given: string) => {
    const hashes = { contentHash: await sha256(canonicalJson(content)), requirementHash: await sha256(requirementText(request)) }
    return decisionText({ requestId, ...hashes, decision, nonce: given })
  }
  return { approve, reject, nonce, textOf, none, decision: { requestId, seen: contentHash } }
}

/**
 * Decides, by mouse or keyboard: countersigning takes the same key twice, because it cannot be taken back. When it is done the
 * next request opens. Give it the request's id and content as key: a half-made decision never passes to another.
 */
export const DecisionBar = ({ request, onDone }: { request: Detail; onDone: () => void }) => {
  const { t } = useTranslation()
  const [step, setStep] = useState<Step>('idle')
  const [reason, setReason] = useState('')
  const about = useAboutWhom()(request)
  const done = (text: string) => {
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
  const { approve, reject, nonce, textOf, none, decision } = useDecisions(request, done)
  const cancel = useMutation(trpc.requests.cancel.mutationOptions({ onError: failed, onSuccess: () => done(t('requests.cancelledNow')) }))
  const pressApprove = () => request.can.approve === null && step === 'idle' && setStep('approving')
  useHotkeys([
    ['a', (event) => !event.repeat && pressApprove()],
    ['r', (event) => !event.repeat && request.can.reject === null && setStep('rejecting')],
    ['Escape', () => step === 'rejecting' && setStep('idle')],
  ])
  if (request.status !== 'pending') return null
  const mine = request.can.cancel === null
  if (step === 'rejecting' || step === 'proving-rejection') {
    return (
      <>
        <form
          className="bar"
          onSubmit={(event) => {
            event.preventDefault()
            if (none) reject.mutate({ ...decision, reason })
            else setStep('proving-rejection')
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
        <ProofDialog
          onClose={() => setStep('rejecting')}
          asking={
            step === 'rejecting'
              ? null
              : {
                  title: t('proof.rejectTitle'),
                  about: (
                    <>
                      <SignedText request={request} />
                      <p className="notice" style={{ margin: 0 }}>
                        {reason}
                      </p>
                    </>
                  ),
                  confirm: t('requests.reject'),
                  color: 'red',
                  nonce,
                  textOf: textOf('reject'),
                  run: (proof) => reject.mutateAsync({ ...decision, reason, proof }),
                }
          }
        />
      </>
    )
  }
  return (
    <section className="bar" aria-label={t('requests.reference', { reference: request.reference })}>
      <Verb label={t('requests.approve')} hint="A" refusal={request.can.approve} onClick={pressApprove} />
      <ProofDialog
        onClose={() => setStep('idle')}
        asking={
          step === 'approving'
            ? {
                title: t('proof.title'),
                about: <SignedText request={request} />,
                confirm: t('requests.approveAgain'),
                hotkey: 'a',
                nonce,
                textOf: textOf('approve'),
                run: (proof) => approve.mutateAsync({ ...decision, proof }),
              }
            : null
        }
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
