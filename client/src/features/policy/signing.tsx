import { levels } from '@countersign/shared/access/scope.ts'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useOrganisationChoices } from '../../lib/choices.ts'
import { type Outputs, trpc } from '../../lib/trpc.ts'
import { useDemandSentences } from '../../ui/policy-sentences.ts'
import { Failed, Skeleton } from '../../ui/screen.tsx'
import { SearchSelect } from '../../ui/search-select.tsx'

type Line = Outputs['policy']['signing'][number]

const Somebody = ({ one }: { one: Line['people'][number] }) => {
  const { t } = useTranslation()
  const role = `${t(`role.${one.role}`)} · ${one.over}`
  const marks = [
    one.away ? t('absence.away') : '',
    one.unreachable ? t('absence.unreachable') : '',
    one.unproven ? t('policy.signing.unproven') : '',
  ].filter(Boolean)
  return (
    <li>
      {one.name ? (
        <Link to="/accounts/$accountId" params={{ accountId: one.id }}>
          {one.name}
        </Link>
      ) : null}{' '}
      <span className="soft">{role}</span>
      {marks.length > 0 ? <span className="state wait"> {marks.join(', ')}</span> : null}
    </li>
  )
}

const Kind = ({ line: { kind, demand, people, more, empty } }: { line: Line }) => {
  const { t } = useTranslation()
  const sentences = useDemandSentences()
  return (
    <section className="stack tight" aria-label={t(`kind.${kind}`)}>
      <h3 style={{ margin: 0 }}>{t(`kind.${kind}`)}</h3>
      {demand === null ? (
        <p className="notice danger" style={{ margin: 0 }}>
          {t('policy.signing.noRule')}
        </p>
      ) : (
        <p className="soft small" style={{ margin: 0 }}>
          {sentences(demand).join(' ')}
        </p>
      )}
      {empty > 0 ? (
        <p className="notice danger" style={{ margin: 0 }}>
          {t('policy.signing.empty', { count: empty })}
        </p>
      ) : null}
      <ul className="plain small">
        {people.map((one, index) => (
          // Of people the reader may not see there is nothing to tell them apart by.
          <Somebody key={`${one.id}${one.role}${index}`} one={one} />
        ))}
        {more > 0 ? <li className="soft">{t('policy.trial.and', { count: more })}</li> : null}
      </ul>
    </section>
  )
}

/** Who could countersign what, where, today: for one organisation of the reader's scope, kind by kind. */
export const SigningToday = () => {
  const { t } = useTranslation()
  const [organisationId, setOrganisationId] = useState<string | null>(null)
  const { data, error, refetch } = useQuery({
    ...trpc.policy.signing.queryOptions({ organisationId: organisationId ?? '' }),
    enabled: organisationId !== null,
    placeholderData: keepPreviousData,
  })
  return (
    <section className="card stack" aria-labelledby="signing">
      <h2 id="signing">{t('policy.signing.title')}</h2>
      <SearchSelect
        label={t('policy.signing.where')}
        placeholder={t('policy.signing.choose')}
        nothing={t('shell.noResult')}
        clearable
        value={organisationId}
        onChange={setOrganisationId}
        useChoices={useOrganisationChoices('read', levels)}
      />
      {organisationId === null ? (
        <p className="soft" style={{ margin: 0 }}>
          {t('policy.signing.hint')}
        </p>
      ) : error ? (
        <Failed error={error} reset={() => void refetch()} />
      ) : data ? (
        <>
          <p className="soft small" style={{ margin: 0 }}>
            {t('policy.signing.ordinary')}
          </p>
          {data.map((line) => (
            <Kind key={line.kind} line={line} />
          ))}
        </>
      ) : (
        <Skeleton />
      )}
    </section>
  )
}
