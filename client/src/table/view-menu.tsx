import { ActionIcon, Button, Checkbox, Popover } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconColumns, IconMinus, IconPlus } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { narrowest, type useTableView, widthStep } from './view.ts'

type Props = {
  readonly view: ReturnType<typeof useTableView>
  /** Those that may be hidden and moved, in the order they come. */
  readonly columns: readonly { readonly id: string; readonly header: string }[]
  /** How wide a column stands now, in pixels. */
  readonly widthNow: (id: string) => number
}

/** Which columns are shown, where and how wide, and how close the rows stand. */
export const ViewMenu = ({ view, columns, widthNow }: Props) => {
  const { t } = useTranslation()
  const [opened, open] = useState(false)
  const arranged = view.arrange(columns)
  const press = (label: string, icon: ReactNode, onClick: () => void, disabled: boolean) => (
    // Not `disabled`: the button that has the focus would lose it.
    <ActionIcon
      variant="subtle"
      size="sm"
      aria-label={label}
      title={label}
      aria-disabled={disabled}
      {...(disabled ? { 'data-disabled': true } : {})}
      onClick={() => disabled || onClick()}
    >
      {icon}
    </ActionIcon>
  )
  return (
    <Popover opened={opened} onChange={open} position="bottom-end" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns size={16} />} aria-expanded={opened} onClick={() => open(!opened)}>
          {t('common.columns')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="stack tight">
          {arranged.map(({ id, header: column }, index) => {
            const shown = view.shows(id)
            const widen = (by: number) => view.setWidth(id, (view.widths[id] ?? widthNow(id)) + by)
            return (
              <div key={id} className="row between">
                <Checkbox size="sm" label={column} checked={shown} onChange={() => view.toggle(id)} />
                <span className="row tight">
                  {press(t('table.earlier', { column }), <IconArrowUp size={14} />, () => view.move(columns, id, -1), index === 0)}
                  {press(
                    t('table.later', { column }),
                    <IconArrowDown size={14} />,
                    () => view.move(columns, id, 1),
                    index === arranged.length - 1,
                  )}
                  {press(
                    t('table.narrower', { column }),
                    <IconMinus size={14} />,
                    () => widen(-widthStep),
                    !shown || (view.widths[id] ?? Number.POSITIVE_INFINITY) <= narrowest,
                  )}
                  {press(t('table.wider', { column }), <IconPlus size={14} />, () => widen(widthStep), !shown)}
                </span>
              </div>
            )
          })}
          <hr style={{ width: '100%', border: 0, borderTop: '1px solid var(--line)' }} />
          <Checkbox
            size="sm"
            label={t('common.dense')}
            checked={view.dense}
            onChange={(event) => view.setDense(event.currentTarget.checked)}
          />
          <Button
            variant="subtle"
            size="compact-sm"
            aria-disabled={view.untouched}
            {...(view.untouched ? { 'data-disabled': true } : {})}
            onClick={view.reset}
          >
            {t('table.asItComes')}
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
