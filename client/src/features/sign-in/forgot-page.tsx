import { Button, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { sentenceOf } from '../../lib/toast.ts'
import { trpc } from '../../lib/trpc.ts'
import { Door } from '../../ui/door.tsx'

/** Says the same whatever the account is, or is not. */
export const ForgotPage = () => {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const ask = useMutation(trpc.requests.askReset.mutationOptions())
  const submit = (event: FormEvent) => {
    event.preventDefault()
    ask.mutate({ name, justification: '' })
  }
  return (
    <Door title={t('forgot.title')}>
      {ask.isSuccess ? (
        <div className="notice good" role="status">
          {t('forgot.done')}
        </div>
      ) : (
        <form className="card stack" onSubmit={submit}>
          <p style={{ margin: 0 }}>{t('forgot.hint')}</p>
          <TextInput
            label={t('forgot.name')}
            autoComplete="username"
            required
            withAsterisk={false}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={ask.isError ? sentenceOf(ask.error) : null}
          />
          <Button type="submit" loading={ask.isPending}>
            {t('forgot.submit')}
          </Button>
        </form>
      )}
      <Link to="/sign-in">{t('forgot.back')}</Link>
    </Door>
  )
}
