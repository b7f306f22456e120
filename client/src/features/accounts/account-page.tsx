import type { Permission } from '@countersign/shared/access/permissions.ts'
import { Button, Tabs } from '@mantine/core'
import { IconBinaryTree } from '@tabler/icons-react'
import { useMutation, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { count, phoneNumber } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { tellRefusal } from '../../lib/toast.ts'
import { queryClient, trpc } from '../../lib/trpc.ts'
import { Lineage, Requests, Rights } from '../../ui/account-parts.tsx'
import { AccountSignals } from '../../ui/account-signals.tsx'
import { Sessions } from '../../ui/sessions.tsx'
import { AccountState } from '../../ui/state.tsx'
import { Timeline } from '../../ui/timeline.tsx'
import { Day, When } from '../../ui/when.tsx'
import { EndingCell, useCounted } from './ending-cell.tsx'
import { useEndings } from './endings.ts'

const route = getRouteApi('/_signed-in/accounts/$accountId')
const signedIn = getRouteApi('/_signed-in')

const Asking = ({ id, status }: { id: string; status: string }) => {
  const { t } = useTranslation()
  const { person } = signedIn.useRouteContext()
  const may: readonly Permission[] = person.may
  const offers = [
    { kind: 'reset-credentials', word: 'account.askReset', needs: 'request:file:reset-credentials', when: 'active' },
    { kind: 'change-contact', word: 'account.askContact', needs: 'request:file:change-contact', when: 'active' },
    { kind: 'grant-role', word: 'account.askRole', needs: 'request:file:grant-role', when: 'active' },
    { kind: 'reinstate', word: 'account.askReinstate', needs: 'request:file:reinstate', when: 'suspended' },
  ] as const
  return offers
    .filter(({ needs, when }) => may.includes(needs) && status === when)
    .map(({ kind, word }) => (
      <Button
        key={kind}
        size="compact-sm"
        variant="default"
        renderRoot={(props) => <Link to="/requests/new/$kind" params={{ kind }} search={{ account: id }} {...props} />}
      >
        {t(word)}
      </Button>
    ))
}

/** One account: name, state, reach and the two red verbs at the top; then its life, its lineage, its rights. */
export const AccountPage = () => {
  const { t } = useTranslation()
  const language = useLanguage()
  const { accountId } = route.useParams()
  const { person } = signedIn.useRouteContext()
  const { data } = useSuspenseQuery(trpc.accounts.get.queryOptions({ accountId }))
  const endings = useEndings()
  const revokeRole = useMutation(
    trpc.accounts.revokeRole.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries(trpc.accounts.pathFilter()),
      onError: tellRefusal,
    }),
  )
  const may: readonly Permission[] = person.may
  const [mayEnd, mayRevokeRoles] = [may.includes('account:suspend'), may.includes('role:revoke')]
  const { sessions, links, requests, approvals } = data.atStake
  const stakes = useCounted()({ sessions, links, requestsVoided: requests, approvalsVoided: approvals })
  const ended = endings.of(data.id)
  const status = ended ? (ended.verb === 'revoke' ? 'revoked' : 'suspended') : data.status
  return (
    <div className="page">
      <header className="card stack">
        <div className="row wrap between" style={{ alignItems: 'flex-start' }}>
          <div className="stack tight">
            <div className="row wrap">
              <h1>
                {data.givenName} {data.familyName}
              </h1>
              <AccountState status={status} />
            </div>
            <div className="soft">
              {[data.place, data.detail].filter(Boolean).join(' · ')} · {t(`profile.${data.profileId}`)}
            </div>
            <div>
              <span className="strong">{count(status === 'active' ? data.reach : 0, language)}</span>{' '}
              <span className="soft">{t('accounts.columns.reach').toLowerCase()}</span>
              {status === 'suspended' ? (
                <span className="soft"> · {t('accounts.reachAgain', { files: count(data.reach, language) })}</span>
              ) : null}
            </div>
          </div>
          <div className="row wrap">
            {mayEnd ? (
              <Button
                size="compact-sm"
                variant="default"
                leftSection={<IconBinaryTree size={14} />}
                renderRoot={(props) => <Link to="/accounts/$accountId/cascade" params={{ accountId: data.id }} {...props} />}
              >
                {t('cascade.open')}
              </Button>
            ) : null}
            <Asking id={data.id} status={data.status} />
            <EndingCell subject={data} endings={endings} size="sm" />
          </div>
        </div>
        {status === 'active' ? (
          <p className="soft small" style={{ margin: 0 }}>
            {stakes ? t('account.willEnd', { what: stakes }) : t('account.willEndNothing')}
          </p>
        ) : null}
        <dl className="facts">
          <dt>{t('account.login')}</dt>
          <dd>{data.login}</dd>
          <dt>{t('account.email')}</dt>
          <dd>{data.email}</dd>
          <dt>{t('account.phone')}</dt>
          <dd>{phoneNumber(data.phone)}</dd>
          <dt>{t('account.created')}</dt>
          <dd>
            <When at={data.createdAt} />
          </dd>
          <dt>{t('accounts.columns.lastSignIn')}</dt>
          <dd>{data.lastSignInAt ? <When at={data.lastSignInAt} /> : t('accounts.neverSignedIn')}</dd>
          <dt>{t('account.end')}</dt>
          <dd>
            <Day on={data.endsOn} />
          </dd>
        </dl>
      </header>
      {may.includes('signal:read') && status === 'active' ? <AccountSignals accountId={data.id} /> : null}
      <Tabs defaultValue="life" keepMounted={false} className="card">
        <Tabs.List mb="md">
          {(['life', 'lineage', 'rights', 'requests', 'sessions'] as const).map((tab) => (
            <Tabs.Tab key={tab} value={tab}>
              {t(`account.${tab}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="life">
          <Timeline entries={data.life} />
        </Tabs.Panel>
        <Tabs.Panel value="lineage">
          <Lineage lineage={data.lineage} linked />
        </Tabs.Panel>
        <Tabs.Panel value="rights">
          <Rights
            account={data}
            onRevokeRole={mayRevokeRoles ? ({ role, organisationId }) => revokeRole.mutate({ accountId, role, organisationId }) : undefined}
          />
        </Tabs.Panel>
        <Tabs.Panel value="requests">
          <Requests requests={data.requests} />
        </Tabs.Panel>
        <Tabs.Panel value="sessions">
          {data.sessions === null ? <p className="soft">{t('account.sessionsHidden')}</p> : <Sessions sessions={data.sessions} />}
        </Tabs.Panel>
      </Tabs>
    </div>
  )
}
