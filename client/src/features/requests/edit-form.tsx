import type { ProfileId } from '@countersign/shared/accounts/profiles.ts'
import { Button, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useTextOfRefusal } from '../../lib/fields.ts'
import { type Outputs, queryClient, trpc } from '../../lib/trpc.ts'
import { CreateAccountFields, type Typed } from './create-account-fields.tsx'

type Detail = Outputs['requests']['get']

/** Changes one's own pending request; nothing typed is lost when it is refused. */
export const EditForm = ({ request, onDone }: { request: Detail; onDone: () => void }) => {
  const { t } = useTranslation()
  const { content } = request
  const start: Typed =
    content.kind === 'create-account'
      ? {
          givenName: content.givenName,
          familyName: content.familyName,
          login: content.login,
          email: content.email,
          phone: content.phone,
          endsOn: content.endsOn,
          profile: content.profile,
        }
      : { givenName: '', familyName: '', login: '', email: '', phone: '', endsOn: '', profile: '' }
  const [typed, setTyped] = useState<Typed>(start)
  const [justification, setJustification] = useState(content.justification)
  const edit = useMutation(
    trpc.requests.edit.mutationOptions({
      onSuccess: () => {
        void queryClient.invalidateQueries(trpc.requests.pathFilter())
        onDone()
      },
    }),
  )
  const text = useTextOfRefusal(edit.error)
  const errorOf = (field: string) => text.of(field) ?? text.of(`content.${field}`)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (content.kind === 'create-account')
      edit.mutate({ requestId: request.id, content: { ...content, ...typed, profile: typed.profile as ProfileId, justification } })
  }
  return (
    <form className="stack tight" onSubmit={submit}>
      <CreateAccountFields
        organisationId={content.kind === 'create-account' ? content.organisationId : null}
        typed={typed}
        set={(change) => setTyped((before) => ({ ...before, ...change }))}
        errorOf={errorOf}
      />
      <Textarea
        label={t('filing.justification')}
        value={justification}
        maxLength={500}
        autosize
        minRows={2}
        onChange={(event) => setJustification(event.currentTarget.value)}
        error={errorOf('justification')}
      />
      {text.rest ? (
        <div className="notice danger" role="alert">
          {text.rest}
        </div>
      ) : null}
      <div className="row">
        <Button type="submit" loading={edit.isPending}>
          {t('requests.saveEdit')}
        </Button>
        <Button variant="subtle" onClick={onDone}>
          {t('common.cancel')}
        </Button>
      </div>
    </form>
  )
}
