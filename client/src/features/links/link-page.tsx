import { Button, CopyButton, PasswordInput, SegmentedControl, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { toString as drawQr } from 'qrcode'
import { type FormEvent, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useFirstWrong, useTextOfRefusal } from '../../lib/fields.ts'
import { makePasskey, passkeysKnown } from '../../lib/passkey.ts'
import { type Outputs, refusalOf, trpc } from '../../lib/trpc.ts'
import { Door } from '../../ui/door.tsx'

type Described = Outputs['links']['describe']

/** The token stands in the fragment, which no browser sends anywhere. */
export const tokenInAddress = (): string => window.location.hash.slice(1)

const Totp = ({ totp }: { totp: NonNullable<Described['totp']> }) => {
  const { t } = useTranslation()
  const [image, setImage] = useState('')
  useEffect(() => {
    void drawQr(totp.uri, { type: 'svg', margin: 1 }).then((svg) => setImage(`data:image/svg+xml;base64,${btoa(svg)}`))
  }, [totp.uri])
  return (
    <div className="stack tight">
      <p style={{ margin: 0 }}>{t('link.scan')}</p>
      {image ? <img src={image} alt="" width={180} height={180} style={{ background: '#fff', borderRadius: 6 }} /> : null}
      <p className="small soft" style={{ margin: 0 }}>
        {t('link.orType')} <code>{totp.secret}</code>
      </p>
    </div>
  )
}

type Factor = 'passkey' | 'code' | 'none'

/** Whoever holds a role has a second factor, a passkey first; to the others it is offered. */
const factorsFor = ({ asks, passkey }: Described): readonly Factor[] => {
  const devices = passkey && passkeysKnown() ? (['passkey'] as const) : []
  return asks.secondFactor ? [...devices, 'code'] : ['none', ...devices]
}
const firstFactor = (link: Described): Factor => factorsFor(link)[0] ?? 'none'

const Form = ({ link, token }: { link: Described; token: string }) => {
  const { t } = useTranslation()
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const redeem = useMutation(trpc.links.redeem.mutationOptions())
  const [factor, setFactor] = useState<Factor>(firstFactor(link))
  const [stopped, setStopped] = useState(false)
  const factors = factorsFor(link)
  const byPasskey = link.passkey !== null && factor === 'passkey'
  const text = useTextOfRefusal(redeem.error)
  const form = useFirstWrong(redeem.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const chosen = { token, password: link.asks.password ? password : null }
    if (!byPasskey || !link.passkey) {
      redeem.mutate({ ...chosen, code: link.asks.secondFactor ? code : null })
      return
    }
    const { nonce, options } = link.passkey
    setStopped(false)
    void makePasskey(options).then(
      (registration) => redeem.mutate({ ...chosen, code: null, passkey: { name: t('link.passkeyName'), nonce, registration } }),
      () => setStopped(true),
    )
  }
  if (redeem.isSuccess) {
    return (
      <div className="card stack" role="status">
        <p className="notice good" style={{ margin: 0 }}>
          {t('link.done')}
        </p>
        {redeem.data.recoveryCodes.length > 0 ? (
          <>
            <h2>{t('link.recovery')}</h2>
            <p style={{ margin: 0 }}>{t('link.recoveryHint')}</p>
            <div className="codes">
              {redeem.data.recoveryCodes.map((one) => (
                <span key={one}>{one}</span>
              ))}
            </div>
            <div className="row wrap no-print">
              <CopyButton value={redeem.data.recoveryCodes.join('\n')}>
                {({ copied, copy }) => (
                  <Button variant="default" onClick={copy}>
                    {t(copied ? 'link.copied' : 'link.copy')}
                  </Button>
                )}
              </CopyButton>
              <Button variant="default" onClick={() => window.print()}>
                {t('link.print')}
              </Button>
            </div>
          </>
        ) : null}
        <Link to="/sign-in">{t('link.toSignIn')}</Link>
      </div>
    )
  }
  return (
    <form ref={form} className="card stack" onSubmit={submit}>
      <p style={{ margin: 0 }}>
        {t('link.hello', { name: link.givenName })} <strong>{link.login}</strong>.
      </p>
      <input type="text" autoComplete="username" defaultValue={link.login} hidden />
      {link.asks.password ? (
        <PasswordInput
          visibilityToggleButtonProps={{ 'aria-label': t('signIn.showPassword') }}
          label={t('link.password')}
          description={t('link.passwordHint')}
          autoComplete="new-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={text.of('password')}
        />
      ) : null}
      {factors.length > 1 ? (
        <SegmentedControl
          aria-label={t('link.factor')}
          value={factor}
          onChange={setFactor}
          data={factors.map((value) => ({ value, label: t(`link.factors.${value}`) }))}
        />
      ) : null}
      {factors.length > 1 && !link.asks.secondFactor ? (
        <p className="soft small" style={{ margin: 0 }}>
          {t('link.optional')}
        </p>
      ) : null}
      {byPasskey ? (
        <p style={{ margin: 0 }}>
          {t('link.passkeyHint')} {link.asks.secondFactor ? t('link.passkeySigns') : null}
        </p>
      ) : null}
      {stopped ? (
        <div className="notice danger" role="alert">
          {t('proof.dismissed')}
        </div>
      ) : null}
      {link.totp && !byPasskey ? <Totp totp={link.totp} /> : null}
      {link.asks.secondFactor && !byPasskey ? (
        <TextInput
          label={t('link.code')}
          inputMode="numeric"
          autoComplete="one-time-code"
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
          error={text.of('code')}
        />
      ) : null}
      {text.rest ? (
        <div className="notice danger" role="alert">
          {text.rest}
        </div>
      ) : null}
      <Button type="submit" loading={redeem.isPending}>
        {t('link.submit')}
      </Button>
    </form>
  )
}

/** Where an invitation or a reset leads: one's own password, which nobody else ever chooses or learns. */
export const LinkPage = () => {
  const { t } = useTranslation()
  const [token] = useState(tokenInAddress)
  const link = useQuery({ ...trpc.links.describe.queryOptions({ token }), retry: false, staleTime: Number.POSITIVE_INFINITY })
  if (link.isPending) return <Door title={t('common.loading')}>{null}</Door>
  if (link.isError) {
    return (
      <Door title={t('link.dead')}>
        <div className="notice danger" role="alert">
          {refusalOf(link.error) ? t('link.deadHint') : t('refusal.unavailable')}
        </div>
      </Door>
    )
  }
  return (
    <Door title={t(`link.title.${link.data.kind}`)}>
      <Form link={link.data} token={token} />
    </Door>
  )
}
