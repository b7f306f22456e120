import type { BulkStatus } from '@countersign/shared/bulks/bulk.ts'
import { useTranslation } from 'react-i18next'

const tones = {
  previewed: 'none',
  waiting: 'wait',
  running: 'good',
  paused: 'wait',
  finished: 'good',
  stopped: 'danger',
} as const satisfies Record<BulkStatus, 'good' | 'wait' | 'danger' | 'none'>

/** A dot and a word. */
export const BulkState = ({ status }: { status: BulkStatus }) => {
  const { t } = useTranslation()
  return <span className={`state ${tones[status]}`}>{t(`bulk.status.${status}`)}</span>
}
