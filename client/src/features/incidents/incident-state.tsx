import { useTranslation } from 'react-i18next'

export const IncidentState = ({ closedAt }: { closedAt: string | null }) => {
  const { t } = useTranslation()
  return <span className={`state ${closedAt ? 'none' : 'danger'}`}>{t(closedAt ? 'incident.closed' : 'incident.open')}</span>
}
