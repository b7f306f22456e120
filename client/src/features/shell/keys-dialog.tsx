import { Modal } from '@mantine/core'
import { useTranslation } from 'react-i18next'

const keys = [
  ['Ctrl K', 'search'],
  ['J', 'next'],
  ['K', 'previous'],
  ['A', 'approve'],
  ['R', 'reject'],
  ['Ctrl C', 'copy'],
  ['⇧ ↵', 'sortNext'],
  ['?', 'help'],
] as const

export const KeysDialog = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => {
  const { t } = useTranslation()
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('shell.keys')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
      attributes={{ header: { role: 'presentation' } }}
    >
      <dl className="facts">
        {keys.map(([key, word]) => [
          <dt key={key}>
            <kbd>{key}</kbd>
          </dt>,
          <dd key={word}>{t(`keys.${word}`)}</dd>,
        ])}
      </dl>
    </Modal>
  )
}
