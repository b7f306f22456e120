import { actText } from '@countersign/shared/access/proof.ts'
import { Button, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, type KeyboardEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useTextOfRefusal } from '../../lib/fields.ts'
import { count } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { queryClient, trpc } from '../../lib/trpc.ts'
import { useProof } from '../../ui/proof.tsx'
import type { Bulk } from './impact.tsx'

/** What happens on confirming, in one sentence; null where the button says it all. */
const useConsequence = ({ verb, mass }: Bulk): string | null => {
  const { t } = useTranslation()
  if (verb === 'reinstate') return t('bulk.asks')
  if (verb === 'reset') return t('bulk.resets')
  if (mass) return t(verb === 'revoke' ? 'bulk.massRevoke' : 'bulk.massSuspend')
  return verb === 'revoke' ? t('bulk.finalRevoke') : null
}

/** Runs what the dry run showed. A mass action asks for its number to be typed: a wrong filter is noticed there at the latest. */
export const Confirm = ({ bulk }: { bulk: Bulk }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const consequence = useConsequence(bulk)
  const [justification, setJustification] = useState('')
  const [typed, setTyped] = useState('')
  const start = useMutation(
    trpc.bulks.start.mutationOptions({ onSuccess: () => void queryClient.invalidateQueries(trpc.bulks.pathFilter()) }),
  )
  const { none, ask, dialog } = useProof()
  const text = useTextOfRefusal(start.error)
  /** A word of explanation ended with Enter must not begin a thousand suspensions. */
  const still = (event: KeyboardEvent) => event.key === 'Enter' && event.preventDefault()
  const ready = justification.trim().length >= 3 && (!bulk.mass || typed.replace(/\D/g, '') === String(bulk.planned))
  const send = (event: FormEvent) => {
    event.preventDefault()
    if (!ready) return
    const input = { bulkId: bulk.id, seen: bulk.listHash, justification }
    if (none || !bulk.mass) start.mutate(input)
    else
      ask({
        title: t('bulk.mass'),
        about: <p style={{ margin: 0 }}>{t('proof.bulk')}</p>,
        confirm: t(`bulk.confirm.${bulk.verb}`, { count: bulk.planned, shown: count(bulk.planned, language) }),
        color: 'red',
        textOf: (nonce) => actText('start-bulk', bulk.listHash, nonce),
        run: (proof) => start.mutateAsync({ ...input, proof }),
      })
  }
  return (
    <form className="card stack" onSubmit={send} noValidate>
      <p className="strong" style={{ margin: 0 }}>
        {t('bulk.nothingYet')}
      </p>
      {consequence ? (
        <p className={`notice ${bulk.mass ? 'danger' : 'wait'}`} style={{ margin: 0 }}>
          {bulk.mass ? <strong>{t('bulk.mass')}. </strong> : null}
          {consequence}
        </p>
      ) : null}
      <div className="row wrap" style={{ alignItems: 'flex-end' }}>
        <TextInput
          style={{ flex: '2 1 260px' }}
          label={t('bulk.why')}
          description={t('bulk.whyHint')}
          maxLength={500}
          value={justification}
          onChange={(event) => setJustification(event.currentTarget.value)}
          onKeyDown={still}
          error={text.of('justification')}
        />
        {bulk.mass ? (
          <TextInput
            style={{ flex: '1 1 220px' }}
            label={t('bulk.typeNumber', { shown: count(bulk.planned, language) })}
            inputMode="numeric"
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        ) : null}
        <Button
          type="submit"
          {...(bulk.verb === 'suspend' || bulk.verb === 'revoke' ? { color: 'red' } : {})}
          loading={start.isPending}
          disabled={!ready}
        >
          {t(`bulk.confirm.${bulk.verb}`, { count: bulk.planned, shown: count(bulk.planned, language) })}
        </Button>
      </div>
      {text.rest ? (
        <div className="notice danger" role="alert">
          {text.rest}
        </div>
      ) : null}
      {dialog}
    </form>
  )
}
