import { createAccountContent } from '@countersign/shared/requests/content.ts'
import { NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useWordedRefusal } from '../../lib/fields.ts'
import { trpc } from '../../lib/trpc.ts'

export const personFields = ['givenName', 'familyName', 'login', 'email', 'phone', 'endsOn'] as const
export type PersonField = (typeof personFields)[number]
export type Typed = Record<PersonField | 'profile', string>

const types = { givenName: 'text', familyName: 'text', login: 'text', email: 'email', phone: 'tel', endsOn: 'date' } as const

/** What the shape of a field has against what is typed, by the very schema of the server's door. */
const objectionTo = (field: PersonField, value: string): string | null =>
  createAccountContent.shape[field].safeParse(value).error?.issues[0]?.message ?? null

/** The profiles one may ask for in an organisation; none while none is chosen. */
const useProfiles = (organisationId: string | null) =>
  useQuery({ ...trpc.organisations.profiles.queryOptions({ organisationId: organisationId ?? '' }), enabled: organisationId !== null })
    .data ?? []

/** The fields of a new account: filed and edited with the same ones. A field that was left is checked at once, before anything is sent. */
export const CreateAccountFields = ({
  organisationId,
  typed,
  set,
  errorOf,
}: {
  organisationId: string | null
  typed: Typed
  set: (change: Partial<Typed>) => void
  errorOf: (field: string) => string | null
}) => {
  const { t } = useTranslation()
  const worded = useWordedRefusal()
  const [left, setLeft] = useState<ReadonlySet<PersonField>>(new Set())
  const profiles = useProfiles(organisationId)
  const shapeError = (field: PersonField) => {
    const objection = left.has(field) && typed[field] !== '' ? objectionTo(field, typed[field]) : null
    return objection ? worded(objection) : null
  }
  return (
    <>
      {personFields.map((field) => (
        <TextInput
          key={field}
          label={t(`filing.${field}`)}
          type={types[field]}
          autoComplete="off"
          value={typed[field]}
          onChange={(event) => set({ [field]: event.currentTarget.value })}
          onBlur={() => setLeft((before) => new Set([...before, field]))}
          error={shapeError(field) ?? errorOf(field)}
        />
      ))}
      <NativeSelect
        label={t('filing.profile')}
        description={organisationId ? null : t('filing.profileHint')}
        value={typed.profile}
        onChange={(event) => set({ profile: event.currentTarget.value })}
        error={errorOf('profile')}
        data={[
          { value: '', label: t('filing.choose'), disabled: true },
          ...profiles.map((one) => ({ value: one as string, label: t(`profile.${one}`) })),
        ]}
      />
    </>
  )
}
