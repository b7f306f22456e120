import { goals } from '@countersign/shared/policy/attempts.ts'
import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { type Outputs, trpc } from '../../lib/trpc.ts'
import { usePartName, WayCard } from './ways.tsx'

const route = getRouteApi('/_signed-in/organisations/$organisationId')
type Signer = Outputs['collusion']['explain']['signers'][number]

const SignersList = ({ signers, of }: { signers: readonly Signer[]; of: 'account' | 'credential' }) => {
  const { t } = useTranslation()
  const nameOf = usePartName()
  const able = signers.filter((one) => one[of])
  const there = able.filter(({ away, unreachable, unproven }) => !away && !unreachable && !unproven.includes(of))
  return (
    <div className="stack tight">
      <h3 style={{ margin: 0 }}>{t(`collusion.signs.${of}`)}</h3>
      {there.length < 2 ? (
        <p className={there.length === 0 ? 'notice danger' : 'notice wait'} style={{ margin: 0 }}>
          {t(there.length === 0 ? 'collusion.nobodySigns' : 'collusion.oneSigns')}
        </p>
      ) : null}
      <ul className="plain">
        {able.map((one, index) => (
          <li key={one.id || String(index)}>
            {one.name ? (
              <Link to="/accounts/$accountId" params={{ accountId: one.id }}>
                {nameOf(one)}
              </Link>
            ) : (
              nameOf(one)
            )}
            {one.away ? <span className="soft"> · {t('absence.away')}</span> : null}
            {one.unreachable ? <span className="soft"> · {t('absence.unreachable')}</span> : null}
            {one.unproven.includes(of) ? <span className="soft"> · {t('policy.signing.unproven')}</span> : null}
          </li>
        ))}
      </ul>
    </div>
  )
}

/** One organisation: how few accounts would be enough for what, by which way, and who is there to sign. */
export const OrganisationPage = () => {
  const { t } = useTranslation()
  const { organisationId } = route.useParams()
  const { data } = useSuspenseQuery(trpc.collusion.explain.queryOptions({ organisationId }))
  return (
    <div className="page">
      <div>
        <h1>{data.name}</h1>
        <p className="soft small" style={{ margin: 0 }}>
          {[t(`level.${data.level}`), data.network].filter(Boolean).join(' · ')}
        </p>
      </div>
      <p className="soft" style={{ margin: 0, maxWidth: 760 }}>
        {t('collusion.explained')}
      </p>
      <div className="grid">
        {goals.map((goal) => (
          <WayCard key={goal} goal={goal} way={data.ways[goal]} />
        ))}
      </div>
      <section className="card stack" aria-labelledby="signers">
        <h2 id="signers">{t('collusion.signers')}</h2>
        <SignersList signers={data.signers} of="account" />
        <SignersList signers={data.signers} of="credential" />
      </section>
    </div>
  )
}
