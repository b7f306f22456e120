import { Button, Checkbox, Popover } from '@mantine/core'
import { IconColumns } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { useTableView } from './view.ts'

type Props = {
  readonly view: ReturnType<typeof useTableView>
  readonly columns: readonly { readonly id: string; readonly header: string }[]
}

/** Which columns are shown, and how close the rows stand. */
export const ViewMenu = ({ view, columns }: Props) => {
  const { t } = useTranslation()
  const [opened, open] = useState(false)
  return (
    <Popover opened={opened} onChange={open} position="bottom-end" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns size={16} />} aria-expanded={opened} onClick={() => open(!opened)}>
          {t('common.columns')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="stack tight">
          {columns.map(({ id, header }) => (
            <Checkbox key={id} size="sm" label={header} checked={view.shows(id)} onChange={() => view.toggle(id)} />
          ))}
          <hr style={{ width: '100%', border: 0, borderTop: '1px solid var(--line)' }} />
          <Checkbox
            size="sm"
            label={t('common.dense')}
            checked={view.dense}
            onChange={(event) => view.setDense(event.currentTarget.checked)}
          />
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
