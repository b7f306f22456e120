import type { Permission } from '@countersign/shared/access/permissions.ts'
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Outputs, trpc } from '../../lib/trpc.ts'
import { usePolicySentences } from '../../ui/policy-sentences.ts'
import { Rules } from '../../ui/rules.tsx'
import { Failed, Skeleton } from '../../ui/screen.tsx'
import { When } from '../../ui/when.tsx'
import { Draft } from './draft.tsx'
import { SigningToday } from './signing.tsx'

const signedIn = getRouteApi('/_signed-in')

const Pending = ({ pending, owns }: { pending: NonNullable<Outputs['policy']['get']['pending']>; owns: boolean }) => {
  const { t } = useTranslation()
  const words = t('requests.reference', { reference: pending.reference })
  return (
    <p className="notice wait" style={{ margin: 0 }}>
      {t('policy.pending')}{' '}
      {owns ? (
        <Link to="/requests" search={{ view: 'all', request: pending.id }}>
          {words}
        </Link>
      ) : (
        words
      )}
    </p>
  )
}

/** Since when these are the rules, and where those before them are told. */
const Since = ({ since, owns }: { since: Outputs['policy']['get']['since']; owns: boolean }) => {
  const { t } = useTranslation()
  return (
    <p className="soft small row wrap" style={{ margin: 0 }}>
      {since ? (
        <span>
          {t('policy.since')} <When at={since.at} />
          {' · '}
          {t('requests.reference', { reference: since.reference })}
        </span>
      ) : (
        <span>{t('policy.first')}</span>
      )}
      {owns ? (
        <Link to="/requests" search={{ view: 'all', kind: 'set-policy' }}>
          {t('policy.history')}
        </Link>
      ) : null}
    </p>
  )
}

/** Who has to countersign what: read by all whom it concerns, changed by its owners' countersignatures alone. */
export const PolicyPage = () => {
  const { t } = useTranslation()
  const { person } = signedIn.useRouteContext()
  const may: readonly Permission[] = person.may
  const [drafting, setDrafting] = useState(false)
  const card = useRef<HTMLElement>(null)
  // The button that was pressed is gone: the keyboard stays where it was.
  const done = () => {
    setDrafting(false)
    card.current?.focus()
  }
  const sentences = usePolicySentences()
  const { data, error, refetch } = useQuery(trpc.policy.get.queryOptions())
  if (error) return <Failed error={error} reset={() => void refetch()} />
  if (!data) return <Skeleton />
  const { policy, pending, since } = data
  const owns = may.includes('request:file:set-policy')
  return (
    <div className="page">
      <h1>{t('policy.title')}</h1>
      <p className="soft" style={{ margin: 0, maxWidth: 760 }}>
        {t('policy.intro')}
      </p>
      {pending ? <Pending pending={pending} owns={owns} /> : null}
      {owns && !pending && !drafting ? (
        <div>
          <Button variant="default" onClick={() => setDrafting(true)}>
            {t('policy.change')}
          </Button>
        </div>
      ) : null}
      {drafting ? <Draft policy={policy} done={done} /> : null}
      <section ref={card} tabIndex={-1} className="card stack tight" aria-label={t('policy.title')}>
        <h2>{t('policy.rules')}</h2>
        <Since since={since} owns={owns} />
        <Rules rules={policy.rules} />
        <h2>{t('policy.whole')}</h2>
        <ul style={{ margin: 0 }}>
          {sentences(policy).map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      </section>
      <SigningToday />
    </div>
  )
}
