import { Button, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useTextOfRefusal } from '../../lib/fields.ts'
import { asField } from '../../lib/format.ts'
import { tell } from '../../lib/toast.ts'
import { queryClient, trpc } from '../../lib/trpc.ts'
import type { Incident } from './incident-page.tsx'

type Form = { readonly incident: Incident; readonly done: () => void }

/** Read again what was written, and close the form. */
const written = (done: () => void) => ({
  onSuccess: () => {
    void queryClient.invalidateQueries(trpc.incidents.pathFilter())
    done()
  },
})

type WritingProps = {
  readonly send: () => void
  readonly pending: boolean
  readonly ready: boolean
  readonly label: string
  readonly color?: 'red'
  readonly cancel?: () => void
  readonly children: ReactNode
}

/** The frame of everything one writes in the file: its fields, one button that sends, and a way out. */
const Writing = ({ send, pending, ready, label, color, cancel, children }: WritingProps) => {
  const { t } = useTranslation()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    send()
  }
  return (
    <form className="row wrap" style={{ alignItems: 'flex-end' }} onSubmit={submit} noValidate>
      {children}
      <Button type="submit" loading={pending} disabled={!ready} {...(color ? { color } : {})}>
        {label}
      </Button>
      {cancel ? (
        <Button variant="subtle" onClick={cancel}>
          {t('common.cancel')}
        </Button>
      ) : null}
    </form>
  )
}

type LineProps = {
  readonly label: string
  readonly hint?: string
  readonly value: string
  readonly set: (value: string) => void
  readonly error: string | null
  readonly first?: boolean
}

/** A sentence of the story. */
const Line = ({ label, hint, value, set, error, first = false }: LineProps) => (
  <TextInput
    style={{ flex: '1 1 260px' }}
    label={label}
    description={hint}
    value={value}
    maxLength={500}
    onChange={(event) => set(event.currentTarget.value)}
    error={error}
    autoFocus={first}
  />
)

const Moment = ({ label, value, set, error, first = false }: LineProps) => (
  <TextInput
    type="datetime-local"
    label={label}
    value={value}
    max={asField(new Date())}
    onChange={(event) => set(event.currentTarget.value)}
    error={error}
    autoFocus={first}
  />
)

const said = (words: string): boolean => words.trim().length >= 3

/** It was known earlier than it was opened. */
const Known = ({ incident, done }: Form) => {
  const { t } = useTranslation()
  const [at, setAt] = useState(asField(new Date(incident.knownAt)))
  const date = useMutation(trpc.incidents.date.mutationOptions(written(done)))
  const text = useTextOfRefusal(date.error)
  return (
    <Writing
      send={() => date.mutate({ incidentId: incident.id, knownAt: new Date(at).toISOString() })}
      pending={date.isPending}
      ready={at !== ''}
      label={t('incident.write')}
      cancel={done}
    >
      <Moment label={t('incident.known')} value={at} set={setAt} error={text.of('knownAt') ?? text.rest} first />
    </Writing>
  )
}

/** The authority was told: when, and under which number. */
const Notified = ({ incident, done }: Form) => {
  const { t } = useTranslation()
  const [at, setAt] = useState(() => asField(new Date()))
  const [reference, setReference] = useState('')
  const notify = useMutation(trpc.incidents.notify.mutationOptions(written(done)))
  const text = useTextOfRefusal(notify.error)
  return (
    <Writing
      send={() => notify.mutate({ incidentId: incident.id, at: new Date(at).toISOString(), reference })}
      pending={notify.isPending}
      ready={at !== '' && said(reference)}
      label={t('incident.write')}
      cancel={done}
    >
      <Moment label={t('incident.notifiedOn')} value={at} set={setAt} error={text.of('at') ?? text.rest} />
      <Line label={t('incident.reference')} value={reference} set={setReference} error={text.of('reference')} first />
    </Writing>
  )
}

/** Its end: nothing more is filed under it afterwards, until it is opened again. */
const Closing = ({ incident, done }: Form) => {
  const { t } = useTranslation()
  const [note, setNote] = useState('')
  const close = useMutation(trpc.incidents.close.mutationOptions(written(done)))
  const text = useTextOfRefusal(close.error)
  const open = [
    incident.notifiedAt === null && t('incident.notNotified'),
    incident.bulks.some(({ asked }) => asked === 'pending') && t('incident.closePending'),
  ].filter((one) => one !== false)
  return (
    <div className="stack tight">
      {open.map((one) => (
        <p key={one} className="notice wait" style={{ margin: 0 }}>
          {one}
        </p>
      ))}
      <Writing
        send={() => close.mutate({ incidentId: incident.id, note })}
        pending={close.isPending}
        ready={said(note)}
        label={t('incident.close')}
        color="red"
        cancel={done}
      >
        <Line
          label={t('incident.conclusion')}
          hint={t('incident.closeHint')}
          value={note}
          set={setNote}
          error={text.of('note') ?? text.rest}
          first
        />
      </Writing>
    </div>
  )
}

const forms = { known: Known, notified: Notified, closing: Closing } as const

/** What one writes in the file: when it was known, that the authority was told, that it is over. */
export const Keeping = ({ incident }: { incident: Incident }) => {
  const { t } = useTranslation()
  const [open, setOpen] = useState<keyof typeof forms | null>(null)
  if (open) {
    const Form = forms[open]
    return <Form incident={incident} done={() => setOpen(null)} />
  }
  // What was notified was notified as it was known then.
  const notified = incident.notifiedAt !== null
  return (
    <div className="row wrap">
      {notified ? null : (
        <>
          <Button variant="default" onClick={() => setOpen('notified')}>
            {t('incident.notify')}
          </Button>
          <Button variant="subtle" onClick={() => setOpen('known')}>
            {t('incident.correct')}
          </Button>
        </>
      )}
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
  const reopen = useMutation(trpc.incidents.reopen.mutationOptions(written(() => setNote(''))))
  const text = useTextOfRefusal(reopen.error)
  return (
    <Writing
      send={() => reopen.mutate({ incidentId: incident.id, note })}
      pending={reopen.isPending}
      ready={said(note)}
      label={t('incident.reopen')}
    >
      <Line label={t('incident.reopenWhy')} value={note} set={setNote} error={text.of('note') ?? text.rest} />
    </Writing>
  )
}

/** What no entry of the audit tells: a call, a decision, a finding elsewhere. */
export const Note = ({ incidentId }: { incidentId: string }) => {
  const { t } = useTranslation()
  const [words, setWords] = useState('')
  const note = useMutation(
    trpc.incidents.note.mutationOptions(
      written(() => {
        setWords('')
        tell(t('incident.noted'))
      }),
    ),
  )
  const text = useTextOfRefusal(note.error)
  return (
    <div className="card">
      <Writing
        send={() => note.mutate({ incidentId, note: words })}
        pending={note.isPending}
        ready={said(words)}
        label={t('incident.write')}
      >
        <Line label={t('incident.note')} hint={t('incident.noteHint')} value={words} set={setWords} error={text.of('note') ?? text.rest} />
      </Writing>
    </div>
  )
}
