import { type BulkSelection, type BulkVerb, mostTicked } from '@countersign/shared/bulks/bulk.ts'
import { Button, Menu } from '@mantine/core'
import { IconListCheck } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { tell, tellRefusal } from '../../lib/toast.ts'
import { trpc } from '../../lib/trpc.ts'
import { useAmount } from '../../ui/amount.tsx'
import { useEndedSentence } from './ending-cell.tsx'
import type { Endings, Verb } from './endings.ts'
import type { Facets } from './filters.tsx'
import type { Chosen } from './selection.ts'

type Props = {
  readonly chosen: Chosen
  readonly total: Facets['total'] | null
  readonly chooseAll: (() => void) | null
  readonly endings: Endings | null
  readonly verbs: readonly BulkVerb[]
}

/** Ends what one has ticked, with a result for each. */
const Ends = ({ ticked, clear, endings }: { ticked: ReadonlySet<string>; clear: () => void; endings: Endings }) => {
  const { t } = useTranslation()
  const sentence = useEndedSentence()
  const act = (verb: Verb) =>
    endings.end(verb, [...ticked], (lines) => {
      const done = lines.filter(({ refusal }) => refusal === null)
      const refusals = [
        ...Map.groupBy(
          lines.filter(({ refusal }) => refusal !== null),
          ({ refusal }) => refusal,
        ),
      ]
      const total = done.reduce(
        (sum, { ended }) => ({
          sessions: sum.sessions + (ended?.sessions ?? 0),
          links: sum.links + (ended?.links ?? 0),
          requestsVoided: sum.requestsVoided + (ended?.requestsVoided ?? 0),
          approvalsVoided: sum.approvalsVoided + (ended?.approvalsVoided ?? 0),
        }),
        { sessions: 0, links: 0, requestsVoided: 0, approvalsVoided: 0 },
      )
      tell(
        t('accounts.batch', { done: done.length, refused: lines.length - done.length }),
        <>
          {sentence(total)}
          {refusals.map(([code, group]) => (code ? <div key={code}>{`${group.length} : ${t(`refusal.${code}`)}`}</div> : null))}
        </>,
      )
      clear()
    })
  return (
    <>
      <Button color="red" variant="light" loading={endings.busy} onClick={() => act('suspend')}>
        {t('accounts.suspend')}
      </Button>
      <Button color="red" loading={endings.busy} onClick={() => act('revoke')}>
        {t('accounts.revoke')}
      </Button>
    </>
  )
}

/** The same list as a bulk: a dry run first, and nothing before it is confirmed. */
const AsBulk = ({ selection, verbs }: { selection: BulkSelection; verbs: readonly BulkVerb[] }) => {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const preview = useMutation(
    trpc.bulks.preview.mutationOptions({
      onError: tellRefusal,
      onSuccess: ({ bulkId }) => void navigate({ to: '/bulks/$bulkId', params: { bulkId } }),
    }),
  )
  return (
    <>
      <Menu position="top-start">
        <Menu.Target>
          <Button variant="default" leftSection={<IconListCheck size={16} />} loading={preview.isPending}>
            {t('accounts.inBulk')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {verbs.map((verb) => (
            <Menu.Item key={verb} onClick={() => preview.mutate({ verb, selection })}>
              {t(`bulk.verb.${verb}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <span className="hidden" role="status">
        {preview.isPending ? t('bulk.checking') : ''}
      </span>
    </>
  )
}

/** More than this are looked at in a dry run first. */
const mostClicked = 100

/** What one has ticked, or all that match: a few end with a click, many after a dry run. */
export const SelectionBar = ({ chosen: { ticked, all, clear }, total, chooseAll, endings, verbs }: Props) => {
  const { t } = useTranslation()
  const amount = useAmount()
  if (ticked.size === 0 && !all) return null
  const left = all && total ? { ...total, count: total.count - all.except.length } : null
  const spared = all?.except.length ?? 0
  const words = left
    ? `${t('accounts.allChosen', { count: left.count, shown: amount(left) })}${spared > 0 ? t('accounts.spared', { count: spared }) : ''}`
    : t('accounts.selected', { count: ticked.size })
  const more = chooseAll && !all && total && total.count > ticked.size
  return (
    <section className="bar" aria-label={words}>
      <span className="strong">{words}</span>
      {more ? (
        <Button variant="subtle" size="compact-sm" onClick={chooseAll}>
          {t('accounts.allMatching', { count: total.count, shown: amount(total) })}
        </Button>
      ) : null}
      {endings && !all && ticked.size <= mostClicked ? <Ends ticked={ticked} clear={clear} endings={endings} /> : null}
      {verbs.length > 0 && ticked.size <= mostTicked ? (
        <AsBulk selection={all ?? { from: 'ticked', accountIds: [...ticked] }} verbs={verbs} />
      ) : null}
      {ticked.size > mostTicked ? <span className="soft small">{t('bulk.tooMany')}</span> : null}
      <Button variant="subtle" onClick={clear}>
        {t('accounts.unselect')}
      </Button>
    </section>
  )
}
