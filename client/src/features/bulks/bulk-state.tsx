import type { BulkStatus } from '@countersign/shared/bulks/bulk.ts'
import type { RequestStatus } from '@countersign/shared/requests/status.ts'
import { useTranslation } from 'react-i18next'

const tones = {
  previewed: 'none',
  waiting: 'wait',
  running: 'good',
  paused: 'wait',
  finished: 'good',
  stopped: 'danger',
} as const satisfies Record<BulkStatus, 'good' | 'wait' | 'danger' | 'none'>

/** A dot and a word. What ended because nobody countersigned it is not "finished". */
export const BulkState = ({ status, asked }: { status: BulkStatus; asked: RequestStatus | null }) => {
  const { t } = useTranslation()
  const unsigned = status === 'finished' && asked !== null && asked !== 'executed'
  if (unsigned) return <span className="state danger">{t('bulk.unsigned')}</span>
  return <span className={`state ${tones[status]}`}>{t(`bulk.status.${status}`)}</span>
}
