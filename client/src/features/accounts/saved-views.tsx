import type { ListAccounts } from '@countersign/shared/accounts/listing.ts'
import { ActionIcon, Button, Checkbox, Popover, TextInput } from '@mantine/core'
import { IconBookmark, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useTextOfRefusal } from '../../lib/fields.ts'
import { tell, tellRefusal } from '../../lib/toast.ts'
import { type Outputs, queryClient, trpc } from '../../lib/trpc.ts'

type View = Outputs['views']['list'][number]
type Shown = Pick<View, 'search' | 'hidden'>

const again = () => queryClient.invalidateQueries(trpc.views.pathFilter())

/** Keeps the list as it stands: its filters, its order, its columns. */
const Keep = ({ search, hidden }: { search: ListAccounts; hidden: readonly string[] }) => {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const [shared, setShared] = useState(false)
  const save = useMutation(
    trpc.views.save.mutationOptions({
      onSuccess: () => {
        setName('')
        setShared(false)
        tell(t('view.saved'))
        void again()
      },
    }),
  )
  const text = useTextOfRefusal(save.error)
  const send = (event: FormEvent) => {
    event.preventDefault()
    save.mutate({ name, search, hidden: [...hidden], shared })
  }
  return (
    <form className="stack tight" onSubmit={send} noValidate aria-label={t('view.keep')}>
      <h3>{t('view.keep')}</h3>
      <TextInput
        label={t('view.name')}
        value={name}
        maxLength={60}
        onChange={(event) => setName(event.currentTarget.value)}
        error={text.of('name') ?? text.rest}
      />
      <Checkbox label={t('view.share')} checked={shared} onChange={(event) => setShared(event.currentTarget.checked)} />
      <div>
        <Button type="submit" loading={save.isPending} disabled={name.trim().length < 3}>
          {t('view.save')}
        </Button>
      </div>
    </form>
  )
}

const Line = ({ view, show }: { view: View; show: () => void }) => {
  const { t } = useTranslation()
  const remove = useMutation(trpc.views.remove.mutationOptions({ onError: tellRefusal, onSuccess: () => void again() }))
  return (
    <li className="row between">
      <button type="button" className="narrow" onClick={show}>
        {view.name}{' '}
        <span className="soft small">{view.mine ? (view.shared ? t('view.isShared') : '') : t('view.by', { name: view.owner })}</span>
      </button>
      {view.mine ? (
        <ActionIcon
          variant="subtle"
          aria-label={t('view.remove', { name: view.name })}
          loading={remove.isPending}
          onClick={() => remove.mutate({ viewId: view.id })}
        >
          <IconTrash size={16} aria-hidden="true" />
        </ActionIcon>
      ) : null}
    </li>
  )
}

/** Lists one comes back to, one's own and those colleagues share; and this one, to be kept. */
export const SavedViews = ({ search, hidden, show }: { search: ListAccounts; hidden: readonly string[]; show: (view: Shown) => void }) => {
  const { t } = useTranslation()
  const [opened, open] = useState(false)
  const views = useQuery(trpc.views.list.queryOptions())
  const rows = views.data ?? []
  const parts = [
    ['mine', rows.filter(({ mine }) => mine)],
    ['shared', rows.filter(({ mine }) => !mine)],
  ] as const
  return (
    <Popover opened={opened} onChange={open} position="bottom-end" width={320} trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<IconBookmark size={16} />} aria-expanded={opened} onClick={() => open(!opened)}>
          {t('view.title')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="stack tight">
          {rows.length === 0 ? <p style={{ margin: 0 }}>{t('view.none')}</p> : null}
          {parts
            .filter(([, some]) => some.length > 0)
            .map(([word, some]) => (
              <section key={word}>
                <h3>{t(`view.${word}`)}</h3>
                <ul className="plain">
                  {some.map((view) => (
                    <Line
                      key={view.id}
                      view={view}
                      show={() => {
                        open(false)
                        show(view)
                      }}
                    />
                  ))}
                </ul>
              </section>
            ))}
          <Keep search={search} hidden={hidden} />
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
