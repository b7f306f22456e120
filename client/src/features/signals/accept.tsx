import { longestAcceptance } from '@countersign/shared/signals/settling.ts'
import { Button, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useTextOfRefusal } from '../../lib/fields.ts'
import { queryClient, trpc } from '../../lib/trpc.ts'

const dayIn = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

/** It is known and right: why, and until when. */
export const Accept = ({ findingId, done }: { findingId: string; done: () => void }) => {
  const { t } = useTranslation()
  const [reason, setReason] = useState('')
  const [day, setDay] = useState(() => dayIn(30))
  const accept = useMutation(
    trpc.signals.accept.mutationOptions({
      onSuccess: () => {
        void queryClient.invalidateQueries(trpc.signals.pathFilter())
        done()
      },
    }),
  )
  const text = useTextOfRefusal(accept.error)
  const send = (event: FormEvent) => {
    event.preventDefault()
    accept.mutate({ findingId, until: new Date(`${day}T23:59:00`).toISOString(), reason })
  }
  return (
    <form className="row wrap" style={{ alignItems: 'flex-end' }} onSubmit={send} noValidate>
      <TextInput
        style={{ flex: '1 1 260px' }}
        label={t('bulk.why')}
        description={t('signal.acceptHint')}
        value={reason}
        maxLength={500}
        onChange={(event) => setReason(event.currentTarget.value)}
        error={text.of('reason') ?? text.rest}
        autoFocus
      />
      <TextInput
        type="date"
        label={t('signal.acceptUntil')}
        value={day}
        min={dayIn(1)}
        max={dayIn(longestAcceptance - 1)}
        onChange={(event) => setDay(event.currentTarget.value)}
        error={text.of('until')}
      />
      <Button type="submit" loading={accept.isPending} disabled={reason.trim().length < 3 || day === ''}>
        {t('signal.accept')}
      </Button>
      <Button variant="subtle" onClick={done}>
        {t('common.cancel')}
      </Button>
    </form>
  )
}
