import { Button, Checkbox, Menu } from '@mantine/core'
import { IconColumns } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { useTableView } from './view.ts'

type Props = {
  readonly view: ReturnType<typeof useTableView>
  readonly columns: readonly { readonly id: string; readonly header: string }[]
}

/** Which columns are shown, and how close the rows stand. */
export const ViewMenu = ({ view, columns }: Props) => {
  const { t } = useTranslation()
  return (
    <Menu closeOnItemClick={false} position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconColumns size={16} />}>
          {t('common.columns')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {columns.map(({ id, header }) => (
          <Menu.Item key={id} role="menuitemcheckbox" aria-checked={view.shows(id)} onClick={() => view.toggle(id)}>
            <Checkbox
              size="xs"
              checked={view.shows(id)}
              readOnly
              tabIndex={-1}
              label={header}
              styles={{ root: { pointerEvents: 'none' } }}
            />
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item role="menuitemcheckbox" aria-checked={view.dense} onClick={() => view.setDense(!view.dense)}>
          <Checkbox
            size="xs"
            checked={view.dense}
            readOnly
            tabIndex={-1}
            label={t('common.dense')}
            styles={{ root: { pointerEvents: 'none' } }}
          />
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
