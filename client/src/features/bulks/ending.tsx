import { Button, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useTextOfRefusal } from '../../lib/fields.ts'
import { queryClient, trpc } from '../../lib/trpc.ts'
import { ExportLink } from '../../ui/export-link.tsx'
import { Countdown } from '../../ui/when.tsx'
import type { Bulk } from './impact.tsx'

/** The countersignature it waits for, or did not get. */
export const Waiting = ({ bulk }: { bulk: Bulk }) => {
  const { t } = useTranslation()
  if (!bulk.request) return null
  const open = (
    <Link to="/requests" search={{ view: 'all', request: bulk.request.id }}>
      {t('requests.reference', { reference: bulk.request.reference })}
    </Link>
  )
  if (bulk.status === 'waiting' && bulk.request.status === 'pending')
    return (
      <p className="notice wait" style={{ margin: 0 }}>
        <strong>{t('bulk.waitsFor')}</strong> · {open} · <Countdown until={bulk.request.expiresAt} over={t('requests.expired')} />
      </p>
    )
  if (bulk.request.status === 'executed' || bulk.request.status === 'pending') return null
  const { status, reason } = bulk.request
  return (
    <p className="notice danger" style={{ margin: 0 }}>
      {open} · {t(`requestStatus.${status}`)}
      {status === 'rejected' && reason ? ` : ${t('bulk.quoted', { text: reason })}` : ''}.{' '}
      {t(bulk.verb === 'revoke' ? 'bulk.unsignedRevocation' : 'bulk.unsignedReturn')}
    </p>
  )
}

/** Everybody back at once: one request, for somebody else to countersign. */
const GiveBack = ({ bulk }: { bulk: Bulk }) => {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const [asking, setAsking] = useState(false)
  const [justification, setJustification] = useState('')
  const giveBack = useMutation(
    trpc.bulks.giveBack.mutationOptions({
      onSuccess: ({ bulkId }) => {
        void queryClient.invalidateQueries(trpc.bulks.pathFilter())
        void navigate({ to: '/bulks/$bulkId', params: { bulkId } })
      },
    }),
  )
  const text = useTextOfRefusal(giveBack.error)
  if (!asking)
    return (
      <Button variant="default" onClick={() => setAsking(true)}>
        {t('bulk.giveBack')}
      </Button>
    )
  const send = (event: FormEvent) => {
    event.preventDefault()
    giveBack.mutate({ bulkId: bulk.id, justification })
  }
  return (
    <form className="row wrap" style={{ alignItems: 'flex-end', flex: '1 1 100%' }} onSubmit={send} noValidate>
      <TextInput
        style={{ flex: '1 1 260px' }}
        label={t('bulk.why')}
        description={t('bulk.giveBackHint')}
        maxLength={500}
        autoFocus
        value={justification}
        onChange={(event) => setJustification(event.currentTarget.value)}
        error={text.of('justification') ?? text.rest}
      />
      <Button type="submit" loading={giveBack.isPending} disabled={justification.trim().length < 3}>
        {t('bulk.giveBack')}
      </Button>
      <Button variant="subtle" onClick={() => setAsking(false)}>
        {t('common.cancel')}
      </Button>
    </form>
  )
}

/** What is left to do with a bulk that has run: its report, its proof, and the way back. */
export const Aftermath = ({ bulk }: { bulk: Bulk }) => {
  const { t } = useTranslation()
  return (
    <section className="card row wrap">
      <ExportLink on={bulk.id} href={`/export/bulk/${bulk.id}.csv`} label={t('bulk.report')} />
      {bulk.givenBackBy ? (
        <Link to="/bulks/$bulkId" params={{ bulkId: bulk.givenBackBy.id }}>
          {t(bulk.givenBackBy.status === 'finished' ? 'bulk.givenBackDone' : 'bulk.givenBack')}
        </Link>
      ) : bulk.can.giveBack === null ? (
        <GiveBack bulk={bulk} />
      ) : null}
      {bulk.reportHash ? (
        <span className="soft small">
          {t('bulk.reportHash')} <code title={bulk.reportHash}>{bulk.reportHash.slice(0, 12)}…</code>
        </span>
      ) : null}
    </section>
  )
}
