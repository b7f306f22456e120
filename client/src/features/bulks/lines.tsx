import { SegmentedControl } from '@mantine/core'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useWordedRefusal } from '../../lib/fields.ts'
import { count } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { type Outputs, trpc } from '../../lib/trpc.ts'
import { type Column, DataTable } from '../../table/data-table.tsx'
import { More } from '../../ui/more.tsx'
import { Empty, Failed, Skeleton } from '../../ui/screen.tsx'
import { Scrolling } from '../../ui/scrolling.tsx'
import { AccountState } from '../../ui/state.tsx'
import type { Bulk } from './impact.tsx'

type Row = Outputs['bulks']['lines']['rows'][number]
type List = 'change' | 'already' | 'refused' | 'unknown' | 'done' | 'skipped' | 'left'

/** The lists of the dry run, and of the run once there is one, each with its length. */
const listsOf = ({ status, planned, done, skipped, impact: { counts }, verb }: Bulk): readonly (readonly [List, number])[] => {
  const planning = [
    ['already', counts.already],
    ['refused', counts.refused],
    ['unknown', counts.unknown],
  ] as const
  const ran = status !== 'previewed' && !(status === 'waiting' && verb === 'reinstate')
  if (!ran) return [['change', counts.change], ...planning]
  const left = planned - done - skipped
  return [['done', done], ['skipped', skipped], ...(left > 0 ? [['left', left] as const] : []), ...planning]
}

const useColumns = (verb: Bulk['verb']): readonly Column<Row, never>[] => {
  const { t } = useTranslation()
  const worded = useWordedRefusal()
  const result = ({ refusal, outcome }: Row): string => {
    const code = outcome ?? refusal
    if (code === null) return ''
    if (code === 'done' && verb === 'reset') return t('bulk.outcome.asked')
    return code === 'done' || code === 'contained' || code === 'held' ? t(`bulk.outcome.${code}`) : worded(code)
  }
  return [
    {
      id: 'account',
      header: t('bulk.account'),
      plain: true,
      cell: (row) => (
        <div className="two">
          <Link to="/accounts/$accountId" params={{ accountId: row.accountId }}>
            {row.name}
          </Link>
          <span className="under">{row.login}</span>
        </div>
      ),
    },
    { id: 'place', header: t('accounts.columns.place'), plain: true, cell: (row) => row.place },
    { id: 'status', header: t('accounts.columns.status'), plain: true, cell: (row) => <AccountState status={row.status} /> },
    { id: 'result', header: t('bulk.result'), plain: true, cell: (row) => result(row) },
  ]
}

const Accounts = ({ bulkId, verb, list }: { bulkId: string; verb: Bulk['verb']; list: Exclude<List, 'unknown'> }) => {
  const { t } = useTranslation()
  const columns = useColumns(verb)
  const pages = useInfiniteQuery({
    ...trpc.bulks.lines.infiniteQueryOptions({ bulkId, list }, { getNextPageParam: (page) => page.next ?? undefined }),
    placeholderData: keepPreviousData,
  })
  if (pages.isError) return <Failed error={pages.error} reset={() => void pages.refetch()} />
  if (pages.isPending) return <Skeleton rows={5} />
  const rows = pages.data.pages.flatMap((page) => page.rows)
  if (rows.length === 0) return <Empty>{t('bulk.emptyList')}</Empty>
  return (
    <>
      <DataTable<Row> label={t(`bulk.lists.${list}`)} columns={columns} rows={rows} keyOf={(row) => row.accountId} />
      <More pages={pages} />
    </>
  )
}

const Names = ({ names, all }: { names: readonly string[]; all: number }) => {
  const { t } = useTranslation()
  if (all === 0) return <Empty>{t('bulk.emptyList')}</Empty>
  return (
    <div className="card">
      <Scrolling label={t('bulk.lists.unknown')}>
        <ul className="plain">
          {names.map((name) => (
            <li key={name}>
              <code>{name}</code>
            </li>
          ))}
          {all > names.length ? <li>{t('bulk.manyInReport')}</li> : null}
        </ul>
      </Scrolling>
    </div>
  )
}

/** Who is on which list, and why. */
export const Lines = ({ bulk }: { bulk: Bulk }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const worded = useWordedRefusal()
  const lists = listsOf(bulk)
  const [chosen, choose] = useState<List | null>(null)
  const list = lists.some(([one]) => one === chosen) ? chosen : (lists[0]?.[0] ?? 'change')
  const reasons = list === 'refused' ? bulk.impact.reasons : list === 'skipped' ? bulk.leftAlone : []
  return (
    <section className="stack tight">
      <div className="scroll-x">
        <SegmentedControl
          aria-label={t('bulk.result')}
          value={list ?? 'change'}
          onChange={(value) => choose(lists.find(([one]) => one === value)?.[0] ?? null)}
          data={lists.map(([one, number]) => ({ value: one, label: `${t(`bulk.lists.${one}`)} (${count(number, language)})` }))}
        />
      </div>
      {reasons.length > 0 ? (
        <ul className="plain small">
          {reasons.map(({ code, count: number }) => (
            <li key={code}>
              <span className="strong">{count(number, language)}</span> · {worded(code)}
            </li>
          ))}
        </ul>
      ) : null}
      {list === 'unknown' || list === null ? (
        <Names names={bulk.unknown} all={bulk.impact.counts.unknown} />
      ) : (
        <Accounts key={list} bulkId={bulk.id} verb={bulk.verb} list={list} />
      )}
    </section>
  )
}
