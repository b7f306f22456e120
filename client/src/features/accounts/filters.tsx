import type { Permission } from '@countersign/shared/access/permissions.ts'
import { roles } from '@countersign/shared/access/roles.ts'
import { levels } from '@countersign/shared/access/scope.ts'
import type { ListAccounts } from '@countersign/shared/accounts/listing.ts'
import { profileIds } from '@countersign/shared/accounts/profiles.ts'
import { accountStatuses } from '@countersign/shared/accounts/status.ts'
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useOrganisationChoices } from '../../lib/choices.ts'
import { count } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import type { Outputs } from '../../lib/trpc.ts'
import { SearchSelect } from '../../ui/search-select.tsx'

const signedIn = getRouteApi('/_signed-in')
export type Facets = Outputs['accounts']['facets']

/** What one narrows the list by; all of it stands in the URL. */
export const Filters = ({ search, set, by }: { search: ListAccounts; set: (change: Partial<ListAccounts>) => void; by: Facets['by'] }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const { person } = signedIn.useRouteContext()
  const may: readonly Permission[] = person.may
  const [words, setWords] = useState(search.q ?? '')
  const typed = useDebouncedCallback((q: string) => set({ q: q || undefined }), 250)
  // The chosen one is counted beside the list already, and would not fit its field.
  const numbered = (label: string, number: number | undefined) => (number === undefined ? label : `${label} (${count(number, language)})`)
  const options = <T extends string>(
    all: readonly T[],
    label: (one: T) => string,
    chosen?: T,
    counts?: Partial<Record<T, number>> | null,
  ) => [
    { value: '', label: t('common.all') },
    ...all.map((value) => ({
      value,
      label: numbered(label(value), counts && value !== chosen ? (counts[value] ?? 0) : undefined),
    })),
  ]
  const some = Object.entries(search).some(([key, value]) => value && !['sort', 'order'].includes(key))
  return (
    <search className="row wrap filters" style={{ alignItems: 'flex-end' }}>
      <TextInput
        label={t('accounts.search')}
        leftSection={<IconSearch size={16} />}
        value={words}
        onChange={(event) => {
          setWords(event.currentTarget.value)
          typed(event.currentTarget.value)
        }}
        style={{ flex: '2 1 220px' }}
      />
      <SearchSelect
        label={t('accounts.organisation')}
        placeholder={t('common.any')}
        nothing={t('shell.noResult')}
        clearable
        value={search.organisation ?? null}
        onChange={(organisation) => set({ organisation: organisation ?? undefined })}
        useChoices={useOrganisationChoices('read', levels)}
      />
      <NativeSelect
        label={t('accounts.status')}
        value={search.status ?? ''}
        onChange={(event) => set({ status: accountStatuses.find((one) => one === event.currentTarget.value) })}
        data={options(accountStatuses, (one) => t(`status.${one}`), search.status, by?.status)}
      />
      <NativeSelect
        label={t('accounts.profile')}
        value={search.profile ?? ''}
        onChange={(event) => set({ profile: profileIds.find((one) => one === event.currentTarget.value) })}
        data={options(profileIds, (one) => t(`profile.${one}`), search.profile, by?.profile)}
      />
      <NativeSelect
        label={t('accounts.role')}
        value={search.role ?? ''}
        onChange={(event) => set({ role: roles.find((one) => one === event.currentTarget.value) })}
        data={options(roles, (one) => t(`role.${one}`), search.role, by?.role)}
      />
      <NativeSelect
        label={t('accounts.life')}
        value={search.life ?? ''}
        onChange={(event) => set({ life: (['expiring', 'dormant'] as const).find((one) => one === event.currentTarget.value) })}
        data={options(['expiring', 'dormant'] as const, (one) => t(`accounts.lives.${one}`))}
      />
      {may.includes('signal:read') ? (
        <NativeSelect
          label={t('signal.ofAccount')}
          value={search.signal ?? ''}
          onChange={(event) => set({ signal: event.currentTarget.value === 'open' ? 'open' : undefined })}
          data={options(['open'] as const, () => t('signal.views.open'), search.signal, by ? { open: by.signal } : null)}
        />
      ) : null}
      {some ? (
        <Button
          variant="subtle"
          onClick={() => {
            setWords('')
            set({
              q: undefined,
              organisation: undefined,
              status: undefined,
              profile: undefined,
              role: undefined,
              life: undefined,
              signal: undefined,
            })
          }}
        >
          {t('common.clear')}
        </Button>
      ) : null}
    </search>
  )
}
