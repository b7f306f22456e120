import type { Permission } from '@countersign/shared/access/permissions.ts'
import { SegmentedControl } from '@mantine/core'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { trpc } from '../../lib/trpc.ts'
import { More } from '../../ui/more.tsx'
import { Empty, Failed, Skeleton } from '../../ui/screen.tsx'
import { Canaries } from './canaries.tsx'
import { FindingCard } from './finding-card.tsx'

const route = getRouteApi('/_signed-in/signals')
const signedIn = getRouteApi('/_signed-in')

const views = ['open', 'settled', 'handled'] as const
const nothing = { open: 'signal.none', settled: 'signal.noneSettled', handled: 'signal.noneHandled' } as const

/** What looks wrong, the gravest first: each with its sentence, its facts, and the one click. */
export const SignalsPage = () => {
  const { t } = useTranslation()
  const { view } = route.useSearch()
  const navigate = route.useNavigate()
  const { person } = signedIn.useRouteContext()
  const may: readonly Permission[] = person.may
  const pages = useInfiniteQuery({
    ...trpc.signals.list.infiniteQueryOptions({ view }, { getNextPageParam: (page) => page.next ?? undefined }),
    placeholderData: keepPreviousData,
  })
  if (pages.isError) return <Failed error={pages.error} reset={() => void pages.refetch()} />
  const rows = pages.data?.pages.flatMap((page) => page.rows) ?? []
  return (
    <div className="page">
      <h1>{t('signal.title')}</h1>
      <p className="soft" style={{ margin: 0 }}>
        {t('signal.hint')}
      </p>
      <div className="scroll-x">
        <SegmentedControl
          aria-label={t('signal.view')}
          value={view}
          onChange={(value) => void navigate({ search: { view: views.find((one) => one === value) ?? 'open' }, replace: true })}
          data={views.map((value) => ({ value, label: t(`signal.views.${value}`) }))}
        />
      </div>
      {pages.isPending ? <Skeleton /> : null}
      {pages.isSuccess && rows.length === 0 ? <Empty>{t(nothing[view])}</Empty> : null}
      {rows.map((row) => (
        <FindingCard key={row.id} finding={row} may={may} />
      ))}
      <More pages={pages} />
      {may.includes('canary:place') ? <Canaries /> : null}
    </div>
  )
}
