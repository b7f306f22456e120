import type { AccountStatus } from '@countersign/shared/accounts/status.ts'
import type { RequestStatus } from '@countersign/shared/requests/status.ts'
import { useTranslation } from 'react-i18next'

type Tone = 'good' | 'wait' | 'danger' | 'none'

const accountTone = { active: 'good', suspended: 'wait', revoked: 'danger' } as const satisfies Record<AccountStatus, Tone>
const requestTone = {
  pending: 'wait',
  executed: 'good',
  rejected: 'danger',
  cancelled: 'none',
  expired: 'none',
  voided: 'none',
} as const satisfies Record<RequestStatus, Tone>

/** A dot and a word: colour never says it alone. */
export const AccountState = ({ status }: { status: AccountStatus }) => {
  const { t } = useTranslation()
  return <span className={`state ${accountTone[status]}`}>{t(`status.${status}`)}</span>
}

export const RequestState = ({ status }: { status: RequestStatus }) => {
  const { t } = useTranslation()
  return <span className={`state ${requestTone[status]}`}>{t(`requestStatus.${status}`)}</span>
}
