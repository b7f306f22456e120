import { actText, type Proof } from '@countersign/shared/access/proof.ts'
import { Button } from '@mantine/core'
import { IconExternalLink } from '@tabler/icons-react'
import { useMutation, useSuspenseQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { tell, tellRefusal } from '../../lib/toast.ts'
import { client, type Outputs, queryClient, trpc } from '../../lib/trpc.ts'
import { useProof } from '../../ui/proof.tsx'
import { When } from '../../ui/when.tsx'

type Identity = Outputs['identities']['mine'][number]

const One = ({ identity }: { identity: Identity }) => {
  const { t } = useTranslation()
  const { ask, dialog } = useProof()
  const { id, name, subject, linkedAt, lastUsedAt } = identity
  const unlink = async (proof: Proof) => {
    await client.identities.unlink.mutate({ identityId: id, proof })
    tell(t('identities.unlinked'), name)
    void queryClient.invalidateQueries(trpc.identities.pathFilter())
    void queryClient.invalidateQueries(trpc.accounts.mine.queryFilter())
  }
  return (
    <li className="row wrap between">
      <span>
        <span className="strong">{name}</span>{' '}
        <span className="soft">
          {subject} · {t('identities.since')} <When at={new Date(linkedAt).toISOString()} />
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
        aria-label={t('identities.unlinkOf', { name })}
        onClick={() =>
          ask({
            title: t('identities.unlinkOf', { name }),
            about: <p style={{ margin: 0 }}>{t('identities.unlinkAbout', { name })}</p>,
            confirm: t('identities.unlink'),
            color: 'red',
            textOf: (nonce) => actText('unlink-identity', id, nonce),
            run: unlink,
          })
        }
      >
        {t('identities.unlink')}
      </Button>
      {dialog}
    </li>
  )
}

/** Where else one signs in: which identities open this account, one more, one less. Nothing where there is no provider and never was. */
export const Identities = () => {
  const { t } = useTranslation()
  const { data: providers } = useSuspenseQuery(trpc.identities.providers.queryOptions())
  const { data: held } = useSuspenseQuery(trpc.identities.mine.queryOptions())
  const leave = useMutation({
    mutationFn: (provider: string) => client.identities.begin.query({ provider, linking: true }),
    onSuccess: ({ url }) => window.location.assign(url),
    onError: tellRefusal,
  })
  const others = providers.filter(({ issuer }) => !held.some((one) => one.issuer === issuer))
  if (providers.length === 0 && held.length === 0) return null
  return (
    <section className="card stack tight" aria-label={t('identities.title')}>
      <h2>{t('identities.title')}</h2>
      <p className="soft" style={{ margin: 0 }}>
        {t('identities.hint')}
      </p>
      {held.length > 0 ? (
        <ul className="plain">
          {held.map((identity) => (
            <One key={identity.id} identity={identity} />
          ))}
        </ul>
      ) : null}
      <div className="row wrap">
        {others.map(({ id, name }) => (
          <Button
            key={id}
            variant="default"
            leftSection={<IconExternalLink size={16} />}
            loading={leave.isPending && leave.variables === id}
            onClick={() => leave.mutate(id)}
          >
            {t('identities.linkOf', { name })}
          </Button>
        ))}
      </div>
    </section>
  )
}
