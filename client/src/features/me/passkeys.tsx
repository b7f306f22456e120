import { actText, type Proof } from '@countersign/shared/access/proof.ts'
import { Button, TextInput } from '@mantine/core'
import { IconKey } from '@tabler/icons-react'
import { useMutation, useSuspenseQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useTextOfRefusal } from '../../lib/fields.ts'
import { dismissed, makePasskey, passkeysKnown } from '../../lib/passkey.ts'
import { tell } from '../../lib/toast.ts'
import { client, type Outputs, queryClient, trpc } from '../../lib/trpc.ts'
import { useFactors, useProof } from '../../ui/proof.tsx'
import { When } from '../../ui/when.tsx'

type Passkey = Outputs['passkeys']['mine'][number]

const changed = () => {
  void queryClient.invalidateQueries(trpc.passkeys.pathFilter())
  void queryClient.invalidateQueries(trpc.accounts.mine.queryFilter())
  void queryClient.invalidateQueries(trpc.sessions.current.queryFilter())
}

/** Names it, proves who adds it, and has the device make it. */
const Add = () => {
  const { t } = useTranslation()
  const { none, factors, ask, dialog } = useProof()
  const [name, setName] = useState('')
  const plain = name.normalize('NFKC').trim().replace(/\s+/g, ' ')
  const add = useMutation({
    mutationFn: async (proof: Proof | undefined) => {
      const { nonce, options } = await client.passkeys.options.query()
      return client.passkeys.add.mutate({ name: plain, nonce, registration: await makePasskey(options), proof })
    },
    onSuccess: () => {
      tell(t('passkeys.added'))
      setName('')
      changed()
    },
  })
  const text = useTextOfRefusal(add.error)
  const send = (event: FormEvent) => {
    event.preventDefault()
    if (none) add.mutate(undefined)
    else
      ask({
        title: t('passkeys.add'),
        about: <p style={{ margin: 0 }}>{t('passkeys.addAbout')}</p>,
        confirm: t('passkeys.add'),
        textOf: (nonce) => actText('add-passkey', plain, nonce),
        run: (proof) => add.mutateAsync(proof),
      })
  }
  // A password alone brings no passkey: its thief would stay.
  if (factors?.password && !factors.code && factors.passkeys.length === 0) return <p className="soft">{t('refusal.factor-by-link')}</p>
  if (!passkeysKnown()) return <p className="soft small">{t('passkeys.unknown')}</p>
  return (
    <form className="row wrap" style={{ alignItems: 'flex-end' }} onSubmit={send} noValidate>
      <TextInput
        style={{ flex: '1 1 240px', maxWidth: 420 }}
        label={t('passkeys.name')}
        description={t('passkeys.nameHint')}
        maxLength={60}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={add.error && dismissed(add.error) ? t('proof.dismissed') : (text.of('name') ?? text.rest)}
      />
      <Button type="submit" variant="default" leftSection={<IconKey size={16} />} loading={add.isPending} disabled={plain === ''}>
        {t('passkeys.add')}
      </Button>
      {dialog}
    </form>
  )
}

const One = ({ passkey }: { passkey: Passkey }) => {
  const { t } = useTranslation()
  const { ask, dialog } = useProof()
  const { id, name, synced, createdAt, lastUsedAt } = passkey
  const remove = async (proof: Proof) => {
    await client.passkeys.remove.mutate({ passkeyId: id, proof })
    tell(t('passkeys.removed'), name)
    changed()
  }
  return (
    <li className="row wrap between">
      <span>
        <span className="strong">{name}</span>{' '}
        <span className="soft">
          {synced ? `${t('passkeys.synced')} · ` : ''}
          {t('passkeys.since')} <When at={new Date(createdAt).toISOString()} />
          {lastUsedAt ? (
            <>
              {' '}
              · {t('passkeys.used')} <When at={new Date(lastUsedAt).toISOString()} />
            </>
          ) : null}
        </span>
      </span>
      <Button
        size="compact-sm"
        variant="default"
        aria-label={t('passkeys.removeOf', { name })}
        onClick={() =>
          ask({
            title: t('passkeys.removeOf', { name }),
            about: <p style={{ margin: 0 }}>{t('passkeys.removeAbout', { name })}</p>,
            confirm: t('passkeys.remove'),
            color: 'red',
            textOf: (nonce) => actText('remove-passkey', id, nonce),
            run: remove,
          })
        }
      >
        {t('passkeys.remove')}
      </Button>
      {dialog}
    </li>
  )
}

/** How many codes are left for the day the device is not there. */
const RecoveryCodes = () => {
  const { t } = useTranslation()
  const { factors } = useFactors()
  if (!factors?.code && !factors?.passkeys.length) return null
  return (
    <p className={factors.recoveryCodes < 3 ? 'wait-ink' : 'soft'} style={{ margin: 0 }}>
      {t('passkeys.recoveryCodes', { count: factors.recoveryCodes })}
    </p>
  )
}

/** One's own passkeys: what they are for, which there are, one more, one less. */
export const Passkeys = ({ signs }: { signs: boolean }) => {
  const { t } = useTranslation()
  const { data } = useSuspenseQuery(trpc.passkeys.mine.queryOptions())
  return (
    <section className="card stack tight" aria-label={t('passkeys.title')}>
      <h2>{t('passkeys.title')}</h2>
      <p className="soft" style={{ margin: 0 }}>
        {t('passkeys.hint')}
      </p>
      {data.length === 0 ? (
        <p className={signs ? 'notice wait' : 'soft'} style={{ margin: 0 }}>
          {t(signs ? 'passkeys.signer' : 'passkeys.none')}
        </p>
      ) : (
        <ul className="plain">
          {data.map((passkey) => (
            <One key={passkey.id} passkey={passkey} />
          ))}
        </ul>
      )}
      <Add />
      <RecoveryCodes />
      <p className="soft small" style={{ margin: 0 }}>
        {t('passkeys.lost')}
      </p>
    </section>
  )
}
