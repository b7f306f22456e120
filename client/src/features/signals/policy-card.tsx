import type { Permission } from '@countersign/shared/access/permissions.ts'
import { actText } from '@countersign/shared/access/proof.ts'
import { type Policy, samePolicy } from '@countersign/shared/policy/policy.ts'
import { canonicalJson } from '@countersign/shared/requests/canonical.ts'
import { Button, Checkbox, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useTextOfRefusal } from '../../lib/fields.ts'
import { sha256 } from '../../lib/passkey.ts'
import { tell } from '../../lib/toast.ts'
import { queryClient, trpc } from '../../lib/trpc.ts'
import { usePolicySentences } from '../../ui/policy-sentences.ts'
import { useProof } from '../../ui/proof.tsx'

const figures = ['massAccounts', 'massPercent'] as const

/** Asks the other policy owners for another policy than the one in force. */
const Ask = ({ policy, done }: { policy: Policy; done: () => void }) => {
  const { t } = useTranslation()
  const [after, setAfter] = useState(policy)
  const [justification, setJustification] = useState('')
  const ask = useMutation(
    trpc.policy.ask.mutationOptions({
      onSuccess: ({ reference }) => {
        tell(t('policy.asked', { reference }))
        void queryClient.invalidateQueries(trpc.policy.pathFilter())
        void queryClient.invalidateQueries(trpc.requests.pathFilter())
        done()
      },
    }),
  )
  const { none, ask: prove, dialog } = useProof()
  const text = useTextOfRefusal(ask.error)
  const send = (event: FormEvent) => {
    event.preventDefault()
    if (none) ask.mutate({ after, justification })
    else
      prove({
        title: t('policy.title'),
        about: <p style={{ margin: 0 }}>{t('proof.policy')}</p>,
        confirm: t('policy.ask'),
        textOf: async (nonce) => actText('ask-policy', await sha256(canonicalJson(after)), nonce),
        run: (proof) => ask.mutateAsync({ after, justification, proof }),
      })
  }
  return (
    <form className="stack tight" onSubmit={send} onKeyDown={(event) => event.key === 'Escape' && done()} noValidate>
      <Checkbox
        autoFocus
        label={t('policy.fields.criticalSuspends')}
        checked={after.criticalSuspends}
        onChange={(event) => setAfter({ ...after, criticalSuspends: event.currentTarget.checked })}
      />
      <div className="row wrap" style={{ alignItems: 'flex-start' }}>
        {figures.map((name) => (
          <TextInput
            key={name}
            type="number"
            label={t(`policy.fields.${name}`)}
            value={Number.isNaN(after[name]) ? '' : after[name]}
            onChange={(event) => setAfter({ ...after, [name]: event.currentTarget.valueAsNumber })}
            error={text.of(`after.${name}`)}
            min={name === 'massAccounts' ? 10 : 1}
            max={name === 'massAccounts' ? 1000 : 50}
          />
        ))}
      </div>
      <TextInput
        label={t('requests.justification')}
        description={t('policy.hint')}
        value={justification}
        maxLength={500}
        onChange={(event) => setJustification(event.currentTarget.value)}
        error={text.of('justification') ?? text.rest}
      />
      <div className="row wrap">
        <Button type="submit" loading={ask.isPending} disabled={justification.trim().length < 3 || samePolicy(after, policy)}>
          {t('policy.ask')}
        </Button>
        <Button variant="subtle" onClick={done}>
          {t('common.cancel')}
        </Button>
      </div>
      {dialog}
    </form>
  )
}

/** What the network has decided for itself: read by all whom it concerns, changed by its owners' countersignatures alone. */
export const PolicyCard = ({ may }: { may: readonly Permission[] }) => {
  const { t } = useTranslation()
  const [asking, setAsking] = useState(false)
  const card = useRef<HTMLElement>(null)
  // The button that was pressed is gone: the keyboard stays where it was.
  const done = () => {
    setAsking(false)
    card.current?.focus()
  }
  const sentences = usePolicySentences()
  const { data } = useQuery(trpc.policy.get.queryOptions())
  if (!data) return null
  const { policy, pending } = data
  const owns = may.includes('request:file:set-policy')
  return (
    <section ref={card} tabIndex={-1} className="card stack tight" aria-label={t('policy.title')}>
      <h2>{t('policy.title')}</h2>
      <ul style={{ margin: 0 }}>
        {sentences(policy).map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
      {pending ? (
        <p className="notice wait" style={{ margin: 0 }}>
          {t('policy.pending')}{' '}
          {owns ? (
            <Link to="/requests" search={{ view: 'all', request: pending.id }}>
              {t('requests.reference', { reference: pending.reference })}
            </Link>
          ) : (
            t('requests.reference', { reference: pending.reference })
          )}
        </p>
      ) : null}
      {owns && !pending && !asking ? (
        <div>
          <Button variant="default" onClick={() => setAsking(true)}>
            {t('policy.change')}
          </Button>
        </div>
      ) : null}
      {asking ? <Ask policy={policy} done={done} /> : null}
    </section>
  )
}
