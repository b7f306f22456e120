import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { type ReactNode, useState } from 'react'

export type Choice = { readonly value: string; readonly label: string; readonly group: string }

type Props = {
  readonly label: string
  readonly placeholder: string
  readonly nothing: string
  readonly value: string | null
  readonly onChange: (value: string | null) => void
  /** Asks for choices as one types; the caller owns the query. */
  readonly useChoices: (words: string, value: string | null) => readonly Choice[]
  readonly error?: ReactNode
  readonly description?: string
  readonly clearable?: boolean
  readonly size?: 'xs' | 'sm'
}

/** A select that searches on the server: organisations and accounts are too many to send. */
export const SearchSelect = ({ useChoices, nothing, onChange, ...rest }: Props) => {
  const [words, setWords] = useState('')
  const [asked] = useDebouncedValue(words, 150)
  const choices = useChoices(asked, rest.value)
  const groups = [...Map.groupBy(choices, ({ group }) => group)].map(([group, items]) => ({
    group,
    items: items.map(({ value, label }) => ({ value, label })),
  }))
  return (
    <Select
      searchable
      nothingFoundMessage={nothing}
      filter={({ options }) => options}
      searchValue={words}
      onSearchChange={setWords}
      onChange={onChange}
      data={groups}
      {...rest}
    />
  )
}
