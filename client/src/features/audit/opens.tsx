import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Outputs } from '../../lib/trpc.ts'

type Row = Outputs['audit']['list']['rows'][number]

/** The way to what an entry is about, where it has a page of its own. */
export const Opens = ({ row: { type, subject, data }, name }: { row: Row; name: string }) => {
  const { t } = useTranslation()
  const { id, kind } = subject
  if (kind === 'account')
    return (
      <Link to="/accounts/$accountId" params={{ accountId: id }} aria-label={`${t('nav.accounts')} : ${name}`}>
        →
      </Link>
    )
  if (kind === 'bulk')
    return (
      <Link to="/bulks/$bulkId" params={{ bulkId: id }} aria-label={t('requests.seeBulk')}>
        →
      </Link>
    )
  if (kind === 'incident')
    return (
      <Link to="/incidents/$incidentId" params={{ incidentId: id }} aria-label={`${t('incident.one')} : ${name}`}>
        →
      </Link>
    )
  const request = type === 'policy.set' && typeof data['requestId'] === 'string' ? data['requestId'] : kind === 'request' ? id : null
  return request === null ? null : (
    <Link to="/requests" search={{ view: 'all', request }} aria-label={t('audit.openRequest', { reference: name })}>
      →
    </Link>
  )
}
