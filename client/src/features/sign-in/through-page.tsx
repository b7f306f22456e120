import { actText, identityNamed } from '@countersign/shared/access/proof.ts'
import { Button } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { sentenceOf, tell } from '../../lib/toast.ts'
import { client, queryClient } from '../../lib/trpc.ts'
import { Door } from '../../ui/door.tsx'
import { useProof } from '../../ui/proof.tsx'
import type { Arrival, Known } from './arrive.ts'

/** Who the provider knew, and whether that is to open this account from now on: proven by what opened it before. */
const Linking = ({ name, issuer, subject }: Known) => {
  const { t } = useTranslation()
  const { ask, dialog } = useProof()
  const navigate = useNavigate()
  const about = <p style={{ margin: 0 }}>{t('identities.linkAbout', { name, subject })}</p>
  return (
    <section className="card stack">
      {about}
      <p className="soft small" style={{ margin: 0 }}>
        {t('identities.linkHint')}
      </p>
      <div className="row wrap">
        <Button
          onClick={() =>
            ask({
              title: t('identities.linkOf', { name }),
              about,
              confirm: t('identities.link'),
              textOf: (nonce) => actText('link-identity', identityNamed({ issuer, subject }), nonce),
              run: async (proof) => {
                await client.identities.link.mutate({ proof })
                tell(t('identities.linked'), name)
                await queryClient.invalidateQueries()
                await navigate({ to: '/me', replace: true })
              },
            })
          }
        >
          {t('identities.link')}
        </Button>
        <Button variant="default" onClick={() => window.location.replace('/me')}>
          {t('common.cancel')}
        </Button>
      </div>
      {dialog}
    </section>
  )
}

export const ThroughPage = (arrival: Arrival) => {
  const { t } = useTranslation()
  if ('known' in arrival)
    return (
      <Door title={t('identities.linkOf', { name: arrival.known.name })}>
        <Linking {...arrival.known} />
      </Door>
    )
  if ('entered' in arrival) return <Door title={t('signIn.title')}>{null}</Door>
  return (
    <Door title={t(arrival.linking ? 'identities.link' : 'signIn.title')}>
      <div className="notice danger" role="alert">
        {sentenceOf(arrival.refused)}
      </div>
      {arrival.linking ? <Link to="/me">{t('identities.back')}</Link> : <Link to="/sign-in">{t('forgot.back')}</Link>}
    </Door>
  )
}
