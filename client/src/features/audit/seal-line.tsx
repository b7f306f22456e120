import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { count } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { trpc } from '../../lib/trpc.ts'

/** Sealed within the second; what waits for longer than this says that nobody seals. */
const lateMilliseconds = 60_000

/** In one line above the audit: how far it is sealed, or that it is not what was sealed; the way to the rest. */
export const SealLine = () => {
  const { t } = useTranslation()
  const language = useLanguage()
  const { data } = useQuery(trpc.seal.state.queryOptions())
  if (!data) return null
  const { checkpoint, witnessed, check, places, waitingSince } = data
  const late = waitingSince !== null && Date.now() - new Date(waitingSince).getTime() > lateMilliseconds
  const away = places.some(({ failingSince }) => failingSince !== null)
  const sealed = checkpoint
    ? [
        t('seal.sealed', { count: checkpoint.size, shown: count(checkpoint.size, language) }),
        witnessed ? t('seal.seenBy', { name: witnessed.witness }) : t('seal.seenByNobody'),
      ].join(' ')
    : t('seal.never')
  return (
    <p style={{ margin: 0 }} className={`notice ${check.wrong ? 'danger' : !checkpoint || late || away ? 'wait' : 'good'}`} role="status">
      {check.wrong ? t('seal.broken', { position: count(check.wrong.position, language) }) : sealed} {late ? `${t('seal.late')} ` : null}
      {away ? `${t('seal.away')} ` : null}
      <Link to="/audit/proof">{t('seal.how')}</Link>
    </p>
  )
}
