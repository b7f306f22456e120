import { Button, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useTextOfRefusal } from '../../lib/fields.ts'
import { asField } from '../../lib/format.ts'
import { tell } from '../../lib/toast.ts'
import { queryClient, trpc } from '../../lib/trpc.ts'
import type { Incident } from './incident-page.tsx'

const again = () => queryClient.invalidateQueries(trpc.incidents.pathFilter())

/** It was known earlier than it was opened. */
const Known = ({ incident, done }: { incident: Incident; done: () => void }) => {
  const { t } = useTranslation()
  const [at, setAt] = useState(asField(new Date(incident.knownAt)))
  const date = useMutation(
    trpc.incidents.date.mutationOptions({
      onSuccess: () => {
        void again()
        done()
      },
    }),
  )
  const text = useTextOfRefusal(date.error)
  const send = (event: FormEvent) => {
    event.preventDefault()
    date.mutate({ incidentId: incident.id, knownAt: new Date(at).toISOString() })
  }
  return (
    <form className="row wrap" style={{ alignItems: 'flex-end' }} onSubmit={send} noValidate>
      <TextInput
        type="datetime-local"
        label={t('incident.known')}
        value={at}
        onChange={(event) => setAt(event.currentTarget.value)}
        error={text.of('knownAt') ?? text.rest}
        autoFocus
      />
      <Button type="submit" loading={date.isPending} disabled={at === ''}>
        {t('incident.write')}
      </Button>
      <Button variant="subtle" onClick={done}>
        {t('common.cancel')}
      </Button>
    </form>
  )
}

/** The authority was told: when, and under which number. */
const Notified = ({ incident, done }: { incident: Incident; done: () => void }) => {
  const { t } = useTranslation()
  const [at, setAt] = useState(() => asField(new Date()))
  const [reference, setReference] = useState('')
  const notify = useMutation(
    trpc.incidents.notify.mutationOptions({
      onSuccess: () => {
        void again()
        done()
      },
    }),
  )
  const text = useTextOfRefusal(notify.error)
  const send = (event: FormEvent) => {
    event.preventDefault()
    notify.mutate({ incidentId: incident.id, at: new Date(at).toISOString(), reference })
  }
  return (
    <form className="row wrap" style={{ alignItems: 'flex-end' }} onSubmit={send} noValidate>
      <TextInput
        type="datetime-local"
        label={t('incident.notifiedOn')}
        value={at}
        onChange={(event) => setAt(event.currentTarget.value)}
        error={text.of('at') ?? text.rest}
      />
      <TextInput
        label={t('incident.reference')}
        value={reference}
        maxLength={200}
        onChange={(event) => setReference(event.currentTarget.value)}
        error={text.of('reference')}
        autoFocus
      />
      <Button type="submit" loading={notify.isPending} disabled={at === '' || reference.trim().length < 3}>
        {t('incident.write')}
      </Button>
      <Button variant="subtle" onClick={done}>
        {t('common.cancel')}
      </Button>
    </form>
  )
}

/** Its end: nothing more is filed under it afterwards. */
const Closing = ({ incident, done }: { incident: Incident; done: () => void }) => {
  const { t } = useTranslation()
  const [note, setNote] = useState('')
  const close = useMutation(
    trpc.incidents.close.mutationOptions({
      onSuccess: () => {
        void again()
        done()
      },
    }),
  )
  const text = useTextOfRefusal(close.error)
  const send = (event: FormEvent) => {
    event.preventDefault()
    close.mutate({ incidentId: incident.id, note })
  }
  return (
    <form className="stack tight" onSubmit={send} noValidate>
      {incident.notifiedAt === null ? (
        <p className="notice wait" style={{ margin: 0 }}>
          {t('incident.notNotified')}
        </p>
      ) : null}
      {incident.bulks.some(({ asked }) => asked === 'pending') ? (
        <p className="notice wait" style={{ margin: 0 }}>
          {t('incident.closePending')}
        </p>
      ) : null}
      <TextInput
        label={t('incident.conclusion')}
        description={t('incident.closeHint')}
        value={note}
        maxLength={500}
        onChange={(event) => setNote(event.currentTarget.value)}
        error={text.of('note') ?? text.rest}
        autoFocus
      />
      <div className="row wrap">
        <Button type="submit" color="red" loading={close.isPending} disabled={note.trim().length < 3}>
          {t('incident.close')}
        </Button>
        <Button variant="subtle" onClick={done}>
          {t('common.cancel')}
        </Button>
      </div>
    </form>
  )
}

const forms = { known: Known, notified: Notified, closing: Closing } as const

/** What one writes in the file: when it was known, that the authority was told, that it is over. */
export const Keeping = ({ incident }: { incident: Incident }) => {
  const { t } = useTranslation()
  const [open, setOpen] = useState<keyof typeof forms | null>(null)
  const done = () => setOpen(null)
  if (open) {
    const Form = forms[open]
    return <Form incident={incident} done={done} />
  }
  return (
    <div className="row wrap">
      {incident.notifiedAt === null ? (
        <Button variant="default" onClick={() => setOpen('notified')}>
          {t('incident.notify')}
        </Button>
      ) : null}
      <Button variant="subtle" onClick={() => setOpen('known')}>
        {t('incident.correct')}
      </Button>
      <Button variant="subtle" color="red" onClick={() => setOpen('closing')}>
        {t('incident.close')}
      </Button>
    </div>
  )
}

/** Closed too early: its story goes on. */
export const Reopening = ({ incident }: { incident: Incident }) => {
  const { t } = useTranslation()
  const [note, setNote] = useState('')
  const reopen = useMutation(trpc.incidents.reopen.mutationOptions({ onSuccess: () => void again() }))
  const text = useTextOfRefusal(reopen.error)
  const send = (event: FormEvent) => {
    event.preventDefault()
    reopen.mutate({ incidentId: incident.id, note })
  }
  return (
    <form className="row wrap" style={{ alignItems: 'flex-end' }} onSubmit={send} noValidate>
      <TextInput
        style={{ flex: '1 1 220px' }}
        label={t('incident.reopenWhy')}
        value={note}
        maxLength={500}
        onChange={(event) => setNote(event.currentTarget.value)}
        error={text.of('note') ?? text.rest}
      />
      <Button type="submit" variant="default" loading={reopen.isPending} disabled={note.trim().length < 3}>
        {t('incident.reopen')}
      </Button>
    </form>
  )
}

/** What no entry of the audit tells: a call, a decision, a finding elsewhere. */
export const Note = ({ incidentId }: { incidentId: string }) => {
  const { t } = useTranslation()
  const [words, setWords] = useState('')
  const note = useMutation(
    trpc.incidents.note.mutationOptions({
      onSuccess: () => {
        setWords('')
        tell(t('incident.noted'))
        void again()
      },
    }),
  )
  const text = useTextOfRefusal(note.error)
  const send = (event: FormEvent) => {
    event.preventDefault()
    note.mutate({ incidentId, note: words })
  }
  return (
    <form className="card row wrap" style={{ alignItems: 'flex-end' }} onSubmit={send} noValidate>
      <TextInput
        style={{ flex: '1 1 320px' }}
        label={t('incident.note')}
        description={t('incident.noteHint')}
        value={words}
        maxLength={500}
        onChange={(event) => setWords(event.currentTarget.value)}
        error={text.of('note') ?? text.rest}
      />
      <Button type="submit" loading={note.isPending} disabled={words.trim().length < 3}>
        {t('incident.write')}
      </Button>
    </form>
  )
}
