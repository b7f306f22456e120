import { Button, NativeSelect, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { asField, count } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { tell, tellRefusal } from '../../lib/toast.ts'
import { queryClient, trpc } from '../../lib/trpc.ts'
import { Empty, Failed, Skeleton } from '../../ui/screen.tsx'
import { CascadeTree } from './cascade-tree.tsx'
import { matches, type Node, tickedAtFirst, totalsOf } from './tree.ts'

const route = getRouteApi('/_signed-in/accounts/$accountId_/cascade')

/** What is ticked, added up as one ticks, and the one click that contains it. */
const ContainBar = ({
  nodes,
  all,
  suspectId,
  since,
  name,
}: {
  nodes: readonly Node[]
  all: number
  suspectId: string
  since: string
  name: string
}) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const navigate = route.useNavigate()
  const [justification, setJustification] = useState(t('cascade.why', { name }))
  const open = useQuery(trpc.incidents.open.queryOptions())
  const [incidentId, file] = useState('')
  const [incidentName, setIncidentName] = useState(t('incident.defaultName', { name }))
  const totals = totalsOf(nodes)
  const contain = useMutation(
    trpc.cascade.contain.mutationOptions({
      onError: tellRefusal,
      onSuccess: ({ incidentId: under, contained, refused }) => {
        tell(
          t('cascade.contained', { count: contained, shown: count(contained, language) }),
          refused.map(({ id, refusal }) => <div key={id}>{t(`refusal.${refusal}`)}</div>),
        )
        void queryClient.invalidateQueries()
        void navigate({ to: '/incidents/$incidentId', params: { incidentId: under } })
      },
    }),
  )
  // By its button alone: Enter in a field puts nobody out.
  const send = () => {
    const under = incidentId === '' ? { name: incidentName } : { incidentId }
    contain.mutate({ suspectId, since, accountIds: nodes.map(({ id }) => id), justification, under })
  }
  const shown = (value: number) => ({ count: value, shown: count(value, language) })
  return (
    <section className="bar" aria-label={t('cascade.holds', { shown: totals.accounts, all })}>
      <div className="two grows" role="status">
        <span className="strong">{t('cascade.holds', { shown: count(totals.accounts, language), all: count(all, language) })}</span>
        <span className="small soft">
          {[
            t('cascade.sessions', shown(totals.sessions)),
            t('cascade.pending', shown(totals.pending)),
            t('cascade.links', shown(totals.links)),
            t('cascade.reach', shown(totals.files)),
          ].join(' · ')}
        </span>
        <span className="small">{t('cascade.containHint')}</span>
      </div>
      {(open.data?.length ?? 0) > 0 ? (
        <NativeSelect
          label={t('incident.under')}
          value={incidentId}
          onChange={(event) => file(event.currentTarget.value)}
          data={[{ value: '', label: t('incident.fresh') }, ...(open.data ?? []).map(({ id, name: label }) => ({ value: id, label }))]}
        />
      ) : null}
      {incidentId === '' ? (
        <TextInput
          label={t('incident.name')}
          value={incidentName}
          maxLength={120}
          onChange={(event) => setIncidentName(event.currentTarget.value)}
          style={{ flex: '1 1 220px' }}
        />
      ) : null}
      <TextInput
        label={t('bulk.why')}
        value={justification}
        maxLength={500}
        onChange={(event) => setJustification(event.currentTarget.value)}
        style={{ flex: '1 1 220px' }}
      />
      <Button
        color="red"
        onClick={send}
        loading={contain.isPending}
        disabled={totals.accounts === 0 || justification.trim().length < 3 || (incidentId === '' && incidentName.trim().length < 3)}
      >
        {t('cascade.contain', shown(totals.accounts))}
      </Button>
    </section>
  )
}

/** Ticks as they were at first, and as one has changed them since: what arrives later is ticked by the same rule. */
const useTicks = (nodes: readonly Node[]) => {
  const [changed, setChanged] = useState<ReadonlyMap<string, boolean>>(new Map())
  const first = tickedAtFirst(nodes)
  const ticked = new Set(nodes.filter(({ id }) => changed.get(id) ?? first.has(id)).map(({ id }) => id))
  const tick = (ids: readonly string[], on: boolean) => setChanged((before) => new Map([...before, ...ids.map((id) => [id, on] as const)]))
  return { ticked, tick }
}

/** What else did a hijacked account touch: the tree, and the click that ends all of it. */
export const CascadePage = () => {
  const { t } = useTranslation()
  const { accountId } = route.useParams()
  const { since } = route.useSearch()
  const navigate = route.useNavigate()
  const [words, setWords] = useState('')
  const traced = useQuery({ ...trpc.cascade.trace.queryOptions({ suspectId: accountId, since }), placeholderData: keepPreviousData })
  const nodes = traced.data?.nodes ?? []
  const { ticked, tick } = useTicks(nodes)
  const suspect = nodes.find(({ id }) => id === accountId)
  if (traced.isError) return <Failed error={traced.error} reset={() => void traced.refetch()} />
  if (!traced.data || !suspect) return <Skeleton />
  // What the search hides is neither ticked nor unticked.
  const every = nodes.filter((node) => matches(node, words.trim())).map(({ id }) => id)
  const everyTicked = every.every((id) => ticked.has(id))
  return (
    <div className="page">
      <h1>{t('cascade.title', { name: suspect.name })}</h1>
      <p className="soft" style={{ margin: 0 }}>
        {t('cascade.hint')}
      </p>
      <search className="row wrap" style={{ alignItems: 'flex-end' }}>
        <TextInput
          type="datetime-local"
          label={t('cascade.since')}
          value={asField(new Date(since))}
          max={asField(new Date())}
          onChange={(event) => {
            const at = new Date(event.currentTarget.value)
            if (!Number.isNaN(at.getTime())) void navigate({ search: { since: at.toISOString() }, replace: true })
          }}
        />
        <TextInput
          label={t('cascade.search')}
          leftSection={<IconSearch size={16} />}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
          style={{ flex: '1 1 220px' }}
        />
        <Button variant="default" onClick={() => tick(every, !everyTicked)}>
          {t(everyTicked ? 'cascade.untickAll' : 'cascade.tickAll')}
        </Button>
      </search>
      {traced.data.cut ? (
        <p className="notice danger" style={{ margin: 0 }}>
          {t('cascade.cut')}
        </p>
      ) : null}
      <CascadeTree nodes={nodes} words={words.trim()} ticked={ticked} tick={tick} />
      {every.length === 0 ? <Empty>{t('cascade.noMatch')}</Empty> : null}
      {nodes.length === 1 ? <Empty>{t('cascade.none')}</Empty> : null}
      <ContainBar
        key={suspect.name}
        nodes={nodes.filter(({ id }) => ticked.has(id))}
        all={nodes.length}
        suspectId={accountId}
        since={since}
        name={suspect.name}
      />
    </div>
  )
}
