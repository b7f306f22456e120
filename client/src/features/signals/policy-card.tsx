import type { Permission } from '@countersign/shared/access/permissions.ts'
import { selfSuspensionsAnHour } from '@countersign/shared/signals/containing.ts'
import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useTextOfRefusal } from '../../lib/fields.ts'
import { tell } from '../../lib/toast.ts'
import { queryClient, trpc } from '../../lib/trpc.ts'

/** Asks the other policy owners for the opposite of what is in force. */
const Ask = ({ criticalSuspends, done }: { criticalSuspends: boolean; done: () => void }) => {
  const { t } = useTranslation()
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
  const text = useTextOfRefusal(ask.error)
  const send = (event: FormEvent) => {
    event.preventDefault()
    ask.mutate({ after: { criticalSuspends }, justification })
  }
  return (
    <form className="row wrap" style={{ alignItems: 'flex-end' }} onSubmit={send} noValidate>
      <TextInput
        style={{ flex: '1 1 260px' }}
        label={t('requests.justification')}
        description={t('policy.hint')}
        value={justification}
        maxLength={500}
        onChange={(event) => setJustification(event.currentTarget.value)}
        error={text.of('justification') ?? text.rest}
        autoFocus
      />
      <Button type="submit" loading={ask.isPending} disabled={justification.trim().length < 3}>
        {t(`policy.ask.${criticalSuspends ? 'yes' : 'no'}`)}
      </Button>
      <Button variant="subtle" onClick={done}>
        {t('common.cancel')}
      </Button>
    </form>
  )
}

/** What the network has decided about critical findings: read by all who see them, changed by its owners' countersignatures alone. */
export const PolicyCard = ({ may }: { may: readonly Permission[] }) => {
  const { t } = useTranslation()
  const [asking, setAsking] = useState(false)
  const { data } = useQuery(trpc.policy.get.queryOptions())
  if (!data) return null
  const { policy, pending } = data
  return (
    <section className="card stack tight">
      <h2>{t('policy.title')}</h2>
      <p style={{ margin: 0 }}>{t(`policy.criticalSuspends.${policy.criticalSuspends ? 'yes' : 'no'}`, { most: selfSuspensionsAnHour })}</p>
      {pending ? (
        <p className="notice wait" style={{ margin: 0 }}>
          {t('policy.pending')}{' '}
          <Link to="/requests" search={{ view: 'all', request: pending.id }}>
            {t('requests.reference', { reference: pending.reference })}
          </Link>
        </p>
      ) : null}
      {may.includes('request:file:set-policy') && !pending && !asking ? (
        <div>
          <Button variant="default" onClick={() => setAsking(true)}>
            {t(`policy.ask.${policy.criticalSuspends ? 'no' : 'yes'}`)}
          </Button>
        </div>
      ) : null}
      {asking ? <Ask criticalSuspends={!policy.criticalSuspends} done={() => setAsking(false)} /> : null}
    </section>
  )
}
