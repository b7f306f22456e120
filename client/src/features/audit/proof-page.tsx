import { type Contradiction, contradictions } from '@countersign/shared/audit/sealing.ts'
import { useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { count } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { type Outputs, trpc } from '../../lib/trpc.ts'
import { ExportLink } from '../../ui/export-link.tsx'
import { When } from '../../ui/when.tsx'
import { PastCheckpoints } from './past-checkpoints.tsx'

type State = Outputs['seal']['state']

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
)

const Checkpoint = ({ checkpoint, waitingSince }: Pick<State, 'checkpoint' | 'waitingSince'>) => {
  const { t } = useTranslation()
  const language = useLanguage()
  if (!checkpoint) return <p style={{ margin: 0 }}>{t('seal.never')}</p>
  const [origin = '', , root = ''] = checkpoint.note.split('\n')
  return (
    <>
      <dl className="facts">
        <Fact name={t('seal.entries')}>
          <span className="figure">{count(checkpoint.size, language)}</span>
        </Fact>
        <Fact name={t('seal.madeAt')}>
          <When at={checkpoint.madeAt} />
        </Fact>
        <Fact name={t('seal.log')}>{origin}</Fact>
        <Fact name={t('seal.root')}>
          <code className="breaks">{root}</code>
        </Fact>
      </dl>
      {waitingSince ? (
        <p className="soft" style={{ margin: 0 }}>
          {t('seal.waiting')} <When at={waitingSince} />
        </p>
      ) : null}
    </>
  )
}

const isPlace = (name: string): name is 'file' | 'address' | 'witness' => ['file', 'address', 'witness'].includes(name)

const isContradiction = (reason: string | null): reason is Contradiction => contradictions.some((one) => one === reason)

const Places = ({ places, witnessed }: Pick<State, 'places' | 'witnessed'>) => {
  const { t } = useTranslation()
  const language = useLanguage()
  return (
    <>
      <p className="soft" style={{ margin: 0 }}>
        {t('seal.placesHint')}
      </p>
      {places.length < 2 ? <p className="notice wait">{t('seal.tooFewPlaces', { count: places.length })}</p> : null}
      <ul className="plain stack tight">
        {places.map(({ name, size, broughtAt, failingSince, failure }) => (
          <li key={name} className="row wrap">
            <span className={`state ${failingSince ? 'danger' : 'good'}`}>{isPlace(name) ? t(`seal.place.${name}`) : name}</span>
            <span>{t('seal.knows', { count: size, shown: count(size, language) })}</span>
            {broughtAt ? <When at={broughtAt} /> : null}
            {failingSince ? (
              <span className="soft">
                {isContradiction(failure) ? t(`seal.contradiction.${failure}`) : t('seal.failing', { failure })} <When at={failingSince} />
              </span>
            ) : null}
          </li>
        ))}
      </ul>
      {witnessed ? (
        <p style={{ margin: 0 }}>
          {t('seal.witnessed', { name: witnessed.witness, count: witnessed.size, shown: count(witnessed.size, language) })}{' '}
          <When at={witnessed.at} />
        </p>
      ) : (
        <p style={{ margin: 0 }}>{t('seal.seenByNobody')}</p>
      )}
    </>
  )
}

const Held = ({ check }: Pick<State, 'check'>) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const { heldAt, held, wrong } = check
  if (wrong)
    return (
      <p className="notice danger" role="alert">
        {t(`seal.fault.${wrong.fault}`, { position: count(wrong.position, language) })} <When at={wrong.since} />
      </p>
    )
  return (
    <p style={{ margin: 0 }}>
      {heldAt ? t('seal.held', { count: held ?? 0, shown: count(held ?? 0, language) }) : t('seal.neverHeld')}{' '}
      {heldAt ? <When at={heldAt} /> : null}
    </p>
  )
}

/** Drawn again every so often, so that what is said to be seconds old is. */
const useTick = (milliseconds: number): void => {
  const [, tick] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => tick((before) => before + 1), milliseconds)
    return () => clearInterval(timer)
  }, [milliseconds])
}

/** How far the audit is sealed, who has seen it grow, and how somebody checks it who trusts neither us nor our database. */
export const ProofPage = () => {
  const { t } = useTranslation()
  const { data, isError } = useSuspenseQuery({ ...trpc.seal.state.queryOptions(), refetchInterval: 5_000 })
  useTick(5_000)
  return (
    <div className="page">
      <div className="row wrap between">
        <h1>{t('seal.title')}</h1>
        <Link to="/audit">{t('seal.back')}</Link>
      </div>
      <p className="soft" style={{ margin: 0 }}>
        {t('seal.hint')}
      </p>
      {isError ? (
        <p className="notice wait" role="alert">
          {t('seal.stale')}
        </p>
      ) : null}
      <section className="card stack">
        <h2>{t('seal.newest')}</h2>
        <Checkpoint {...data} />
      </section>
      <section className="card stack tight">
        <h2>{t('seal.places')}</h2>
        <Places {...data} />
      </section>
      <section className="card stack tight">
        <h2>{t('seal.checked')}</h2>
        <Held {...data} />
        <p className="soft" style={{ margin: 0 }}>
          {t('seal.checkedHint')}
        </p>
      </section>
      <PastCheckpoints />
      <section className="card stack tight">
        <h2>{t('seal.yourself')}</h2>
        <p style={{ margin: 0 }}>{t('seal.yourselfHint')}</p>
        {data.can.bundle === null ? (
          <div>
            <ExportLink on="bundle" href="/export/bundle.ndjson" label={t('seal.bundle')} />
          </div>
        ) : (
          <p className="soft small" style={{ margin: 0 }}>
            {t('seal.bundleWhose')}
          </p>
        )}
        <pre className="breaks command">countersign export audit --out countersign-audit.ndjson</pre>
        <p style={{ margin: 0 }}>{t('seal.yourselfThen')}</p>
        <pre className="breaks command">{`node countersign-verify.mjs countersign-audit.ndjson --key "${t('seal.keyOfLog')}"${data.keys.witness ? ` --witness "${t('seal.keyOfWitness')}"` : ''} --checkpoints "${t('seal.keptFile')}"`}</pre>
        <p style={{ margin: 0 }}>{t('seal.yourselfOne')}</p>
        <pre className="breaks command">{`node countersign-verify.mjs proof-123.json --key "${t('seal.keyOfLog')}"`}</pre>
        <dl className="facts">
          {(['log', 'witness'] as const).map((whose) =>
            data.keys[whose] ? (
              <Fact key={whose} name={t(`seal.keys.${whose}`)}>
                <code className="breaks">{data.keys[whose]}</code>
              </Fact>
            ) : null,
          )}
        </dl>
        <p className="soft" style={{ margin: 0 }}>
          {t('seal.keyHint')}
        </p>
      </section>
    </div>
  )
}
