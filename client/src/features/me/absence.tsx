import { Button, Select, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useFirstWrong, useTextOfRefusal } from '../../lib/fields.ts'
import { tell, tellRefusal } from '../../lib/toast.ts'
import { queryClient, trpc } from '../../lib/trpc.ts'
import { Day } from '../../ui/when.tsx'

const nobody = ''

const Announce = ({ delegates }: { delegates: readonly { id: string; name: string; place: string }[] }) => {
  const { t } = useTranslation()
  const [dates, setDates] = useState({ from: '', until: '' })
  const [delegate, setDelegate] = useState(nobody)
  const announce = useMutation(
    trpc.absences.announce.mutationOptions({
      onSuccess: () => {
        tell(t('absence.announced'))
        setDates({ from: '', until: '' })
        setDelegate(nobody)
        void queryClient.invalidateQueries(trpc.absences.pathFilter())
      },
    }),
  )
  const text = useTextOfRefusal(announce.error)
  const form = useFirstWrong(announce.error)
  const send = (event: FormEvent) => {
    event.preventDefault()
    announce.mutate({ ...dates, delegateId: delegate === nobody ? null : delegate })
  }
  return (
    <form ref={form} className="stack tight" onSubmit={send} noValidate>
      <div className="row wrap" style={{ alignItems: 'flex-start' }}>
        {(['from', 'until'] as const).map((name) => (
          <TextInput
            key={name}
            type="date"
            label={t(`absence.${name}`)}
            value={dates[name]}
            onChange={(event) => setDates({ ...dates, [name]: event.currentTarget.value })}
            error={text.of(name)}
          />
        ))}
        <Select
          label={t('absence.delegate')}
          description={delegates.length === 0 ? t('absence.noDelegates') : undefined}
          data={[
            { value: nobody, label: t('absence.nobody') },
            ...delegates.map(({ id, name, place }) => ({ value: id, label: `${name} · ${place}` })),
          ]}
          value={delegate}
          onChange={(value) => setDelegate(value ?? nobody)}
          error={text.of('delegateId')}
          allowDeselect={false}
          searchable
          w={320}
        />
      </div>
      {text.rest ? (
        <p className="notice danger small" role="alert" style={{ margin: 0 }}>
          {text.rest}
        </p>
      ) : null}
      <div>
        <Button type="submit" variant="default" loading={announce.isPending} disabled={!dates.from || !dates.until}>
          {t('absence.announce')}
        </Button>
      </div>
    </form>
  )
}

/** When one is away, and who is asked instead: for those who countersign. */
export const Absences = () => {
  const { t } = useTranslation()
  const { data } = useQuery(trpc.absences.mine.queryOptions())
  const withdraw = useMutation(
    trpc.absences.withdraw.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries(trpc.absences.pathFilter()),
      onError: tellRefusal,
    }),
  )
  if (!data) return null
  return (
    <section className="card stack tight">
      <h2>{t('absence.title')}</h2>
      <p className="soft" style={{ margin: 0, maxWidth: 760 }}>
        {t('absence.hint')}
      </p>
      {data.announced.length > 0 ? (
        <ul className="plain">
          {data.announced.map(({ id, from, until, delegate }) => (
            <li key={id} className="row wrap">
              <span>
                <Day on={from} /> – <Day on={until} />{' '}
                <span className="soft">{delegate ? t('absence.instead', { name: delegate.name }) : t('absence.oneUp')}</span>
              </span>
              <Button
                variant="subtle"
                size="compact-sm"
                aria-label={`${t('absence.withdraw')} · ${from}`}
                loading={withdraw.isPending}
                onClick={() => withdraw.mutate({ absenceId: id })}
              >
                {t('absence.withdraw')}
              </Button>
            </li>
          ))}
        </ul>
      ) : null}
      <Announce delegates={data.delegates} />
    </section>
  )
}
