import { type ListAccounts, mayOrderTwice } from '@countersign/shared/accounts/listing.ts'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { tell } from '../../lib/toast.ts'
import { refusalOf } from '../../lib/trpc.ts'
import type { Facets } from './filters.tsx'

type Change = Pick<ListAccounts, 'second' | 'secondOrder'>

type Pages = { readonly error: unknown; readonly isError: boolean; readonly isPending: boolean }

/**
 * A second order is for lists of ten thousand and fewer. One that has grown beyond, by a filter taken away or in a kept view, goes on in
 * its first order, and says so.
 */
export const useSecondSort = (pages: Pages, total: Facets['total'] | undefined, sort: (change: Change) => void) => {
  const { t } = useTranslation()
  const tooWide = refusalOf(pages.error)?.code === 'sort-too-wide'
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each time it is refused
  useEffect(() => {
    if (!tooWide) return
    tell(t('refusal.sort-too-wide'))
    sort({ second: undefined, secondOrder: undefined })
  }, [tooWide])
  const fits = !total || mayOrderTwice(total)
  return {
    failed: pages.isError && !tooWide,
    waiting: pages.isPending || tooWide,
    choose: (change: Change) => (fits ? sort(change) : tell(t('refusal.sort-too-wide'))),
  }
}
