import type { Role } from '@countersign/shared/access/roles.ts'
import { profiles } from '@countersign/shared/accounts/profiles.ts'
import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { count } from '../lib/format.ts'
import { useLanguage } from '../lib/language.ts'
import type { Outputs } from '../lib/trpc.ts'
import { RequestState } from './state.tsx'
import { When } from './when.tsx'

type Account = Pick<Outputs['accounts']['get'], 'lineage' | 'grants' | 'requests' | 'reached' | 'profileId' | 'reach'>

export const Lineage = ({ lineage, linked }: { lineage: Account['lineage']; linked: boolean }) => {
  const { t } = useTranslation()
  const list = (kin: Account['lineage']['by'], words: 'lineage' | 'lineageOf', nothing: string) =>
    kin.length === 0 ? (
      <p className="soft">{nothing}</p>
    ) : (
      <ul className="plain">
        {kin.map((one) => (
          <li key={`${one.requestId}${one.kind}${one.id}`}>
            {linked ? (
              <Link to="/accounts/$accountId" params={{ accountId: one.id }}>
                {one.name}
              </Link>
            ) : (
              <span className="strong">{one.name}</span>
            )}{' '}
            <span className="soft">
              {t(`${words}.${one.kind}`)} · {one.place} · <When at={one.at} />
            </span>
          </li>
        ))}
      </ul>
    )
  return (
    <div className="grid">
      <section>
        <h2>{t('account.madeBy')}</h2>
        {list(lineage.by, 'lineage', t('account.nobodyMade'))}
      </section>
      <section>
        <h2>{t('account.made')}</h2>
        {list(lineage.made, 'lineageOf', t('account.nothingMade'))}
      </section>
    </div>
  )
}

type Rights = { account: Account; onRevokeRole?: ((grant: { role: Role; organisationId: string }) => void) | undefined }

export const Rights = ({ account, onRevokeRole }: Rights) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const { reached, profileId } = account
  return (
    <dl className="facts">
      <dt>{t('account.profile')}</dt>
      <dd>
        {[t(`profile.${profileId}`), profiles[profileId].rights.map((right) => t(`account.right.${right}`)).join(', ')]
          .filter(Boolean)
          .join(' : ')}
      </dd>
      <dt>{t('account.reach')}</dt>
      <dd>
        {reached
          ? t('account.reachIs', {
              files: count(reached.total, language),
              place: reached.name,
              level: t(`level.${reached.level}`),
              count: reached.sites,
            })
          : count(account.reach, language)}
      </dd>
      <dt>{t('account.roles')}</dt>
      <dd>
        {account.grants.length === 0 ? <span className="soft">{t('account.noRole')}</span> : null}
        <ul className="plain">
          {account.grants.map((grant) => (
            <li key={`${grant.role}${grant.organisationId}`} className="row wrap">
              <span>
                {t(`role.${grant.role}`)} · {grant.organisation}{' '}
                <span className="soft">
                  {t('account.roleSince')} <When at={grant.grantedAt} />
                </span>
              </span>
              {onRevokeRole ? (
                <Button size="compact-xs" color="red" variant="light" onClick={() => onRevokeRole(grant)}>
                  {t('account.revokeRole')}
                </Button>
              ) : null}
            </li>
          ))}
        </ul>
      </dd>
    </dl>
  )
}

export const Requests = ({ requests }: { requests: Account['requests'] }) => {
  const { t } = useTranslation()
  if (requests.length === 0) return <p className="soft">{t('account.noRequest')}</p>
  return (
    <ul className="plain">
      {requests.map((one) => (
        <li key={one.id} className="row wrap">
          <Link to="/requests" search={{ view: 'all', request: one.id }}>
            {t('requests.reference', { reference: one.reference })}
          </Link>
          <span>{t(`kind.${one.kind}`)}</span>
          <RequestState status={one.status} />
          <span className="soft">
            {one.asSubject ? t('account.subject') : t('account.requester')} · <When at={one.submittedAt} />
          </span>
        </li>
      ))}
    </ul>
  )
}
