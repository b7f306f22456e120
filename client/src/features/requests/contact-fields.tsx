import { TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { phoneNumber } from '../../lib/format.ts'
import { trpc } from '../../lib/trpc.ts'

export type Contact = { readonly email: string; readonly phone: string }

/** Where somebody is written to and called today; empty until it is known. */
export const useContactOf = (accountId: string | null): Contact => {
  const { data } = useQuery({ ...trpc.accounts.get.queryOptions({ accountId: accountId ?? '' }), enabled: accountId !== null })
  return { email: data?.email ?? '', phone: data?.phone ?? '' }
}

const fields = { email: 'email', phone: 'tel' } as const

/** What is to stand in the place of what is on record; a field that is left empty changes nothing. */
export const ContactFields = ({
  onRecord,
  typed,
  set,
  errorOf,
}: {
  onRecord: Contact
  typed: Contact
  set: (change: Partial<Contact>) => void
  errorOf: (field: string) => string | null
}) => {
  const { t } = useTranslation()
  const shown = { email: onRecord.email, phone: onRecord.phone ? phoneNumber(onRecord.phone) : '' }
  return (['email', 'phone'] as const).map((field) => (
    <TextInput
      key={field}
      label={t(`filing.${field}`)}
      description={shown[field] ? t('filing.today', { value: shown[field] }) : null}
      type={fields[field]}
      autoComplete="off"
      value={typed[field]}
      onChange={(event) => set({ [field]: event.currentTarget.value })}
      error={errorOf(field)}
    />
  ))
}
