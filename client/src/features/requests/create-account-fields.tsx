import { profileIds } from '@countersign/shared/accounts/profiles.ts'
import { NativeSelect, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'

export const personFields = ['givenName', 'familyName', 'login', 'email', 'phone', 'endsOn'] as const
export type PersonField = (typeof personFields)[number]
export type Typed = Record<PersonField | 'profile', string>

const complete = { givenName: 'off', familyName: 'off', login: 'off', email: 'off', phone: 'off', endsOn: 'off' } as const
const types = { givenName: 'text', familyName: 'text', login: 'text', email: 'email', phone: 'tel', endsOn: 'date' } as const

/** The fields of a new account: filed and edited with the same ones. */
export const CreateAccountFields = ({
  typed,
  set,
  errorOf,
}: {
  typed: Typed
  set: (change: Partial<Typed>) => void
  errorOf: (field: string) => string | null
}) => {
  const { t } = useTranslation()
  return (
    <>
      {personFields.map((field) => (
        <TextInput
          key={field}
          label={t(`filing.${field}`)}
          type={types[field]}
          autoComplete={complete[field]}
          value={typed[field]}
          onChange={(event) => set({ [field]: event.currentTarget.value })}
          error={errorOf(field)}
        />
      ))}
      <NativeSelect
        label={t('filing.profile')}
        value={typed.profile}
        onChange={(event) => set({ profile: event.currentTarget.value })}
        error={errorOf('profile')}
        data={profileIds.map((one) => ({ value: one, label: t(`profile.${one}`) }))}
      />
    </>
  )
}
