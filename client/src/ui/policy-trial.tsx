import { goals } from '@countersign/shared/policy/attempts.ts'
import type { Policy } from '@countersign/shared/policy/policy.ts'
import { trialOutcomes } from '@countersign/shared/policy/trial.ts'
import { requestKinds } from '@countersign/shared/requests/kinds.ts'
import { Button, Loader } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useTextOfRefusal } from '../lib/fields.ts'
import { count } from '../lib/format.ts'
import { useLanguage } from '../lib/language.ts'
import { type Outputs, trpc } from '../lib/trpc.ts'

type Result = Outputs['policy']['try']

/** So many are in sight; the others that were named unfold. */
const inSight = 12

const Places = ({ places }: { places: Result['weaker'] }) => {
  const { t } = useTranslation()
  const more = places.organisations - places.first.length
  const listed = (some: Result['weaker']['first']) =>
    some.map(({ id, name }) => (
      <li key={id}>
        <Link to="/organisations/$organisationId" params={{ organisationId: id }}>
          {name}
        </Link>
      </li>
    ))
  return (
    <>
      <ul>{listed(places.first.slice(0, inSight))}</ul>
      {places.first.length > inSight ? (
        <details>
          <summary>{t('policy.trial.and', { count: places.organisations - inSight })}</summary>
          <ul>
            {listed(places.first.slice(inSight))}
            {more > 0 ? <li className="soft">{t('policy.trial.and', { count: more })}</li> : null}
          </ul>
        </details>
      ) : null}
    </>
  )
}

/** Those of the requests that would have gone otherwise, to be looked at one by one. */
const Otherwise = ({ judged }: { judged: Result['judged'] }) => {
  const { t } = useTranslation()
  return (
    <>
      {judged
        .filter(({ newest }) => newest.length > 0)
        .map(({ kind, outcome, requests, newest }) => (
          <details key={`${kind} ${outcome}`}>
            <summary>
              {t(`kind.${kind}`)} · {t(`policy.trial.${outcome}`)}
            </summary>
            <ul className="row wrap plain small">
              {newest.map(({ id, reference }) => (
                <li key={id}>
                  <Link to="/requests" search={{ view: 'all', request: id }}>
                    {t('requests.reference', { reference })}
                  </Link>
                </li>
              ))}
              {requests > newest.length ? <li className="soft">{t('policy.trial.and', { count: requests - newest.length })}</li> : null}
            </ul>
          </details>
        ))}
    </>
  )
}

const isAlarming = (outcome: string): boolean => outcome === 'nobody' || outcome === 'fewer'

const Judged = ({ result }: { result: Result }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const of = (kind: string, outcome: string) => result.judged.find((line) => line.kind === kind && line.outcome === outcome)?.requests ?? 0
  const asked = requestKinds.filter((kind) => result.judged.some((line) => line.kind === kind))
  return (
    <>
      <p style={{ margin: 0 }}>
        {t(result.capped ? 'policy.trial.capped' : 'policy.trial.judged', {
          count: result.requests,
          shown: count(result.requests, language),
        })}
      </p>
      <p className="soft small" style={{ margin: 0 }}>
        {t('policy.trial.scope')}
      </p>
      {asked.length > 0 ? (
        <section
          className="scroll-x"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table scrolls, and the keyboard has to reach it.
          tabIndex={0}
          aria-label={t('policy.trial.title')}
        >
          <table className="plain-table">
            <thead>
              <tr>
                <th scope="col">{t('policy.trial.kind')}</th>
                {trialOutcomes.map((outcome) => (
                  <th key={outcome} scope="col" className="number">
                    {t(`policy.trial.${outcome}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {asked.map((kind) => (
                <tr key={kind}>
                  <th scope="row">{t(`kind.${kind}`)}</th>
                  {trialOutcomes.map((outcome) => (
                    <td key={outcome} className={isAlarming(outcome) && of(kind, outcome) > 0 ? 'number alarming' : 'number'}>
                      {count(of(kind, outcome), language)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : null}
      <Otherwise judged={result.judged} />
    </>
  )
}

const Numbers = ({ result }: { result: Result }) => {
  const { t } = useTranslation()
  const shown = (accounts: number | null) => (accounts === null ? t('policy.trial.atLeast') : String(accounts))
  return (
    <div className="scroll-x">
      <table className="plain-table">
        <caption>{t('policy.trial.numbers')}</caption>
        <thead>
          <tr>
            <td />
            {goals.map((goal) => (
              <th key={goal} scope="col" className="number">
                {t(`collusion.short.${goal}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {(['before', 'after'] as const).map((when) => (
            <tr key={when}>
              <th scope="row">{t(`policy.trial.${when}`)}</th>
              {goals.map((goal) => (
                <td key={goal} className="number">
                  {shown(result[when][goal])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** What another policy would change: tried before it is asked for, and before it is signed. */
export const PolicyTrial = ({ draft, ready }: { draft: Policy; ready: boolean }) => {
  const { t } = useTranslation()
  const attempt = useMutation(trpc.policy.try.mutationOptions())
  const text = useTextOfRefusal(attempt.error)
  const result = attempt.data
  const stale = attempt.variables !== undefined && JSON.stringify(attempt.variables.after) !== JSON.stringify(draft)
  return (
    <section className="stack tight" aria-label={t('policy.trial.title')}>
      <div className="row wrap">
        <Button variant="default" disabled={!ready} loading={attempt.isPending} onClick={() => attempt.mutate({ after: draft })}>
          {t('policy.trial.run')}
        </Button>
        {attempt.isPending ? (
          <span className="soft small" role="status">
            <Loader size={14} aria-hidden="true" /> {t('policy.trial.running')}
          </span>
        ) : null}
        {attempt.error ? (
          <span className="notice danger small" role="alert">
            {text.rest}
          </span>
        ) : null}
      </div>
      {result ? (
        <div className="stack tight" role="status">
          <h3>{t('policy.trial.title')}</h3>
          {stale ? (
            <p className="notice wait small" style={{ margin: 0 }}>
              {t('policy.trial.stale')}
            </p>
          ) : null}
          {goals.some((goal) => result.after[goal] === 1) ? (
            <p className="notice danger" style={{ margin: 0 }}>
              {t('policy.trial.one')}
            </p>
          ) : null}
          <div className={result.unsigned.organisations > 0 ? 'notice danger' : undefined}>
            {result.unsigned.organisations > 0
              ? t('policy.trial.places', { count: result.unsigned.organisations })
              : t('policy.trial.noPlaces')}
            {result.unsigned.organisations > 0 ? <Places places={result.unsigned} /> : null}
          </div>
          <Judged result={result} />
          <Numbers result={result} />
          <div>
            {t('policy.trial.weaker', { count: result.weaker.organisations })}
            {result.weaker.organisations > 0 ? <Places places={result.weaker} /> : null}
          </div>
        </div>
      ) : null}
    </section>
  )
}
