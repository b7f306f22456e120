import { notificationDeadline } from '@countersign/shared/incidents/incident.ts'
import { useTranslation } from 'react-i18next'
import { Countdown, When } from '../../ui/when.tsx'

type Times = { readonly knownAt: string; readonly notifiedAt: string | null; readonly closedAt: string | null }

/** The 72 hours of article 33: what is left of them, or when the authority was told, and whether that was in time. */
export const Clock = ({ knownAt, notifiedAt, closedAt }: Times) => {
  const { t } = useTranslation()
  const deadline = notificationDeadline(new Date(knownAt))
  if (notifiedAt) {
    const late = new Date(notifiedAt) > deadline
    return (
      <span className={`state ${late ? 'danger' : 'good'}`}>
        {t(late ? 'incident.notifiedLate' : 'incident.notified')} <When at={notifiedAt} />
      </span>
    )
  }
  if (closedAt) return <span className="state none">{t('incident.unnotified')}</span>
  if (deadline.getTime() <= Date.now()) return <span className="state danger">{t('incident.over')}</span>
  return (
    <span className="state wait">
      {t('incident.left')} <Countdown until={deadline.toISOString()} over={t('incident.over')} />
    </span>
  )
}
