import { Button, PasswordInput, TextInput } from '@mantine/core'
import { IconExternalLink, IconFingerprint } from '@tabler/icons-react'
import { useMutation, useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { dismissed, passkeysKnown, signIn as signWithAny } from '../../lib/passkey.ts'
import { sentenceOf } from '../../lib/toast.ts'
import { client, refusalOf, trpc } from '../../lib/trpc.ts'
import { Door } from '../../ui/door.tsx'

const enter = () => window.location.assign('/')

const Cast = () => {
  const { t } = useTranslation()
  const { data: cast } = useSuspenseQuery(trpc.sessions.cast.queryOptions())
  const enterDemo = useMutation(trpc.sessions.enterDemo.mutationOptions({ onSuccess: enter }))
  if (cast.length === 0) return null
  return (
    <section className="card stack tight" aria-label={t('signIn.demo')}>
      <h2>{t('signIn.demo')}</h2>
      <p className="soft small" style={{ margin: 0 }}>
        {t('signIn.demoHint')}
      </p>
      <ul className="plain">
        {cast.map((one) => (
          <li key={one.id} className="row between">
            <div className="two">
              <span className="strong">{one.name}</span>
              <span className="under">
                {one.roles.map((role) => t(`role.${role}`)).join(', ') || t('agent')} · {one.place}
              </span>
            </div>
            <Button
              size="compact-sm"
              variant="default"
              aria-label={t('signIn.as', { name: one.name })}
              onClick={() => enterDemo.mutate({ accountId: one.id })}
            >
              {t('signIn.submit')}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** No name, no password: the authenticator knows who its owner is. */
const WithPasskey = () => {
  const { t } = useTranslation()
  const entering = useMutation({
    mutationFn: async () => client.sessions.signInWithPasskey.mutate(await signWithAny(await client.sessions.passkeyChallenge.query())),
    onSuccess: enter,
  })
  if (!passkeysKnown()) return null
  return (
    <>
      <Button variant="default" leftSection={<IconFingerprint size={18} />} loading={entering.isPending} onClick={() => entering.mutate()}>
        {t('signIn.withPasskey')}
      </Button>
      {entering.isError ? (
        <div className="notice danger" role="alert">
          {dismissed(entering.error) ? t('signIn.dismissed') : sentenceOf(entering.error)}
        </div>
      ) : null}
    </>
  )
}

/** Whoever has linked an identity elsewhere comes in by it; it opens no account by itself. */
const Elsewhere = () => {
  const { t } = useTranslation()
  const { data: providers } = useSuspenseQuery(trpc.identities.providers.queryOptions())
  const leave = useMutation({
    mutationFn: (provider: string) => client.identities.begin.query({ provider, linking: false }),
    onSuccess: ({ url }) => window.location.assign(url),
  })
  return (
    <>
      {providers.map(({ id, name }) => (
        <Button
          key={id}
          variant="default"
          leftSection={<IconExternalLink size={18} />}
          loading={leave.isPending && leave.variables === id}
          onClick={() => leave.mutate(id)}
        >
          {t('signIn.through', { name })}
        </Button>
      ))}
      {leave.isError ? (
        <div className="notice danger" role="alert">
          {sentenceOf(leave.error)}
        </div>
      ) : null}
    </>
  )
}

export const SignInPage = () => {
  const { t } = useTranslation()
  const [login, setLogin] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const signIn = useMutation(trpc.sessions.signIn.mutationOptions({ onSuccess: enter }))
  const refusal = refusalOf(signIn.error)?.code
  const [asksCode, setAsksCode] = useState(false)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    signIn.mutate(
      { login, password, code: asksCode && code ? code : null },
      { onError: (error) => refusalOf(error)?.code === 'second-factor-needed' && setAsksCode(true) },
    )
  }
  return (
    <Door title={t('signIn.title')}>
      <p className="soft" style={{ margin: 0 }}>
        {t('signIn.tagline')}
      </p>
      <form className="card stack" onSubmit={submit}>
        <TextInput
          label={t('signIn.login')}
          autoComplete="username"
          required
          withAsterisk={false}
          value={login}
          onChange={(event) => setLogin(event.currentTarget.value)}
        />
        <PasswordInput
          visibilityToggleButtonProps={{ 'aria-label': t('signIn.showPassword') }}
          label={t('signIn.password')}
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {asksCode ? (
          <TextInput
            label={t('signIn.code')}
            description={t('signIn.codeHint')}
            autoComplete="one-time-code"
            autoFocus
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
        ) : null}
        {signIn.isError && !(refusal === 'second-factor-needed' && !code) ? (
          <div className="notice danger" role="alert">
            {sentenceOf(signIn.error)}
          </div>
        ) : null}
        <Button type="submit" loading={signIn.isPending}>
          {t('signIn.submit')}
        </Button>
        <WithPasskey />
        <Elsewhere />
        <Link to="/forgot">{t('signIn.forgot')}</Link>
      </form>
      <Cast />
    </Door>
  )
}
