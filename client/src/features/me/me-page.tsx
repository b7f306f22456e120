import { type Permission, permissions } from '@countersign/shared/access/permissions.ts'
import type { Role } from '@countersign/shared/access/roles.ts'
import { Button } from '@mantine/core'
import { useMutation, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { tellRefusal } from '../../lib/toast.ts'
import { queryClient, trpc } from '../../lib/trpc.ts'
import { Lineage, Rights } from '../../ui/account-parts.tsx'
import { Sessions } from '../../ui/sessions.tsx'
import { AccountState } from '../../ui/state.tsx'
import { Timeline } from '../../ui/timeline.tsx'
import { Day } from '../../ui/when.tsx'
import { Absences } from './absence.tsx'
import { Identities } from './identities.tsx'
import { Passkeys } from './passkeys.tsx'

const signedIn = getRouteApi('/_signed-in')
const signing: readonly Role[] = permissions['request:countersign']

const NotMe = () => {
  const { t } = useTranslation()
  const [asked, setAsked] = useState(false)
  const disown = useMutation(
    trpc.accounts.disown.mutationOptions({ onSuccess: () => window.location.assign('/sign-in'), onError: tellRefusal }),
  )
  return (
    <section className="card stack tight">
      <h2>{t('me.notMe')}</h2>
      <p className="soft" style={{ margin: 0 }}>
        {t('me.notMeHint')}
      </p>
      <div className="row">
        {asked ? (
          <Button color="red" loading={disown.isPending} onClick={() => disown.mutate()}>
            {t('me.notMeConfirm')}
          </Button>
        ) : (
          <Button color="red" variant="light" onClick={() => setAsked(true)}>
            {t('me.notMe')}
          </Button>
        )}
        {asked ? (
          <Button variant="subtle" onClick={() => setAsked(false)}>
            {t('common.cancel')}
          </Button>
        ) : null}
      </div>
    </section>
  )
}

/** The page everybody has: who made this account, what it reaches, where it is signed in, and "this was not me". */
export const MePage = () => {
  const { t } = useTranslation()
  const { data } = useSuspenseQuery(trpc.accounts.mine.queryOptions())
  const { person } = signedIn.useRouteContext()
  const may: readonly Permission[] = person.may
  const signOut = useMutation(
    trpc.sessions.signOut.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries(trpc.accounts.mine.queryFilter()),
      onError: tellRefusal,
    }),
  )
  const elsewhere = useMutation(
    trpc.sessions.signOutElsewhere.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries(trpc.accounts.mine.queryFilter()),
      onError: tellRefusal,
    }),
  )
  const end = (id: string) =>
    data.sessions.find((one) => one.id === id)?.current
      ? signOut.mutate({ sessionId: null }, { onSuccess: () => window.location.assign('/sign-in') })
      : signOut.mutate({ sessionId: id })
  return (
    <div className="page">
      <h1>{t('me.title')}</h1>
      <section className="card stack">
        <div className="row wrap">
          <h2>
            {data.givenName} {data.familyName}
          </h2>
          <AccountState status={data.status} />
          <span className="soft">
            {data.place} · {t('account.end')} <Day on={data.endsOn} />
          </span>
        </div>
        <Rights account={data} />
        <h2>{t('me.whoMade')}</h2>
        <Lineage lineage={data.lineage} linked={false} />
      </section>
      <Passkeys signs={data.roles.some((role) => signing.includes(role))} />
      <Identities />
      {may.includes('absence:announce') ? <Absences /> : null}
      <section className="card stack tight">
        <h2>{t('me.sessions')}</h2>
        <Sessions sessions={data.sessions} onEnd={end} />
        {data.sessions.length > 1 ? (
          <div>
            <Button variant="default" loading={elsewhere.isPending} onClick={() => elsewhere.mutate()}>
              {t('me.signOutElsewhere', { count: data.sessions.length - 1 })}
            </Button>
          </div>
        ) : null}
      </section>
      <NotMe />
      <section className="card stack">
        <h2>{t('me.life')}</h2>
        <Timeline entries={data.life} />
      </section>
    </div>
  )
}
