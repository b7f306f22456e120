import type { Level } from '@countersign/shared/access/scope.ts'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Choice } from '../ui/search-select.tsx'
import { trpc } from './trpc.ts'

type Purpose = 'read' | 'create-account' | 'grant-role'

/** Organisations of one's scope as choices, the chosen one always among them. */
export const useOrganisationChoices =
  (purpose: Purpose, levels: readonly Level[]) =>
  (words: string, value: string | null): readonly Choice[] => {
    const { t } = useTranslation()
    const named = useQuery({ ...trpc.organisations.named.queryOptions({ ids: value ? [value] : [] }), enabled: value !== null })
    const chosen = named.data?.[0]
    const found = useQuery({
      ...trpc.organisations.search.queryOptions({ words: words === chosen?.name ? '' : words, levels: [...levels], purpose }),
      placeholderData: keepPreviousData,
    })
    const choices = (found.data ?? []).map(
      ({ id, name, level, within }): Choice => ({ value: id, label: within ? `${name} · ${within}` : name, group: t(`level.${level}`) }),
    )
    return chosen && !choices.some(({ value: id }) => id === chosen.id)
      ? [{ value: chosen.id, label: chosen.name, group: t(`level.${chosen.level}`) }, ...choices]
      : choices
  }

/** Accounts of one's scope as choices; of one state where only that makes sense. */
export const useAccountChoices =
  (status?: 'active' | 'suspended') =>
  (words: string, value: string | null): readonly Choice[] => {
    const chosen = useQuery({ ...trpc.accounts.get.queryOptions({ accountId: value ?? '' }), enabled: value !== null })
    const name = chosen.data ? `${chosen.data.givenName} ${chosen.data.familyName}` : ''
    const found = useQuery({
      ...trpc.accounts.list.queryOptions({ q: words.startsWith(name) && name ? undefined : words || undefined, status }),
      placeholderData: keepPreviousData,
    })
    const rows = [...(chosen.data ? [chosen.data] : []), ...(found.data?.rows ?? []).slice(0, 20).filter(({ id }) => id !== value)]
    return rows.map((row): Choice => ({ value: row.id, label: `${row.givenName} ${row.familyName} · ${row.login}`, group: row.place }))
  }
