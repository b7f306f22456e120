import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAccountChoices } from '../../lib/choices.ts'
import { tellRefusal } from '../../lib/toast.ts'
import { queryClient, trpc } from '../../lib/trpc.ts'
import { SearchSelect } from '../../ui/search-select.tsx'
import { When } from '../../ui/when.tsx'

/** Decoys, for policy owners alone: accounts nobody has a reason to touch. */
export const Canaries = () => {
  const { t } = useTranslation()
  const [accountId, choose] = useState<string | null>(null)
  const canaries = useQuery(trpc.signals.canaries.queryOptions())
  const options = {
    onError: tellRefusal,
    onSuccess: () => {
      choose(null)
      void queryClient.invalidateQueries(trpc.signals.pathFilter())
    },
  }
  const place = useMutation(trpc.signals.placeCanary.mutationOptions(options))
  const lift = useMutation(trpc.signals.liftCanary.mutationOptions(options))
  const rows = canaries.data ?? []
  return (
    <section className="card stack tight">
      <h2>{t('signal.canaries')}</h2>
      <p className="soft" style={{ margin: 0 }}>
        {t('signal.canariesHint')}
      </p>
      {rows.length === 0 ? <p style={{ margin: 0 }}>{t('signal.noCanary')}</p> : null}
      <ul className="plain">
        {rows.map((row) => (
          <li key={row.accountId} className="row wrap between">
            <div className="two wraps">
              <Link to="/accounts/$accountId" params={{ accountId: row.accountId }}>
                {row.name}
              </Link>
              <span className="under">
                {row.login} · {row.place} · {t('signal.placedBy', { name: row.placedBy })} <When at={row.placedAt} />
              </span>
            </div>
            <Button variant="subtle" onClick={() => lift.mutate({ accountId: row.accountId })}>
              {t('signal.lift')}
            </Button>
          </li>
        ))}
      </ul>
      <div className="row wrap" style={{ alignItems: 'flex-end' }}>
        <SearchSelect
          label={t('signal.placeCanary')}
          placeholder=""
          nothing={t('shell.noResult')}
          clearable
          value={accountId}
          onChange={choose}
          useChoices={useAccountChoices()}
        />
        <Button disabled={accountId === null} loading={place.isPending} onClick={() => accountId && place.mutate({ accountId })}>
          {t('signal.place')}
        </Button>
      </div>
    </section>
  )
}
