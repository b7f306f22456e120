import { actText, identityNamed } from '@countersign/shared/access/proof.ts'
import { linkingState } from '@countersign/shared/access/provider.ts'
import { Button } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { sentenceOf, tell } from '../../lib/toast.ts'
import { client, queryClient, trpc } from '../../lib/trpc.ts'
import { Door } from '../../ui/door.tsx'
import { useProof } from '../../ui/proof.tsx'

type Known = { readonly name: string; readonly issuer: string; readonly subject: string }
type Arrival = { readonly refused: unknown; readonly linking: boolean } | { readonly known: Known } | { readonly entered: true }

const home = (path: string) => window.location.replace(path)

/** Redeems what the browser brought back: an identity to be linked, or somebody who signs in. */
export const arrive = async (provider: string, answer: string): Promise<Arrival> => {
  const brought = { provider, answer: answer || '?' }
  const linking = new URLSearchParams(answer).get('state')?.startsWith(linkingState) ?? false
  try {
    if (linking) {
      await queryClient.ensureQueryData(trpc.sessions.current.queryOptions(undefined, { staleTime: 60_000 }))
      return { known: await client.identities.receive.query(brought) }
    }
    await client.identities.enter.mutate(brought)
    home('/')
    return { entered: true }
  } catch (refused) {
    return { refused, linking }
  }
}

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
        <Button variant="default" onClick={() => home('/me')}>
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
