import { roles } from '@countersign/shared/access/roles.ts'
import { levels } from '@countersign/shared/access/scope.ts'
import type { ListAccounts } from '@countersign/shared/accounts/listing.ts'
import { profileIds } from '@countersign/shared/accounts/profiles.ts'
import { accountStatuses } from '@countersign/shared/accounts/status.ts'
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useOrganisationChoices } from '../../lib/choices.ts'
import { SearchSelect } from '../../ui/search-select.tsx'

/** What one narrows the list by; all of it stands in the URL. */
export const Filters = ({ search, set }: { search: ListAccounts; set: (change: Partial<ListAccounts>) => void }) => {
  const { t } = useTranslation()
  const [words, setWords] = useState(search.q ?? '')
  const typed = useDebouncedCallback((q: string) => set({ q: q || undefined }), 250)
  const options = <T extends string>(all: readonly T[], label: (one: T) => string) => [
    { value: '', label: t('common.all') },
    ...all.map((value) => ({ value, label: label(value) })),
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
        data={options(accountStatuses, (one) => t(`status.${one}`))}
      />
      <NativeSelect
        label={t('accounts.profile')}
        value={search.profile ?? ''}
        onChange={(event) => set({ profile: profileIds.find((one) => one === event.currentTarget.value) })}
        data={options(profileIds, (one) => t(`profile.${one}`))}
      />
      <NativeSelect
        label={t('accounts.role')}
        value={search.role ?? ''}
        onChange={(event) => set({ role: roles.find((one) => one === event.currentTarget.value) })}
        data={options(roles, (one) => t(`role.${one}`))}
      />
      <NativeSelect
        label={t('accounts.life')}
        value={search.life ?? ''}
        onChange={(event) => set({ life: (['expiring', 'dormant'] as const).find((one) => one === event.currentTarget.value) })}
        data={options(['expiring', 'dormant'] as const, (one) => t(`accounts.lives.${one}`))}
      />
      {some ? (
        <Button
          variant="subtle"
          onClick={() => {
            setWords('')
            set({ q: undefined, organisation: undefined, status: undefined, profile: undefined, role: undefined, life: undefined })
          }}
        >
          {t('common.clear')}
        </Button>
      ) : null}
    </search>
  )
}
