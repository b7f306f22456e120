import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { trpc } from '../lib/trpc.ts'
import { useSentence } from './signal-sentence.ts'
import { When } from './when.tsx'

/** What stands against an account, in a sentence each; nothing where nothing does. */
export const AccountSignals = ({ accountId }: { accountId: string }) => {
  const { t } = useTranslation()
  const sentence = useSentence()
  const found = useQuery(trpc.signals.list.queryOptions({ view: 'open', account: accountId }))
  const rows = found.data?.rows ?? []
  if (rows.length === 0) return null
  return (
    <section className="notice wait" aria-label={t('signal.ofAccount')}>
      {rows.map(({ id, rule, numbers, lastAt }) => {
        const { title, happened } = sentence(rule, numbers)
        return (
          <p key={id} style={{ margin: 0 }}>
            <Link to="/signals" className="strong">
              {title}
            </Link>{' '}
            {happened} <When at={lastAt} />
          </p>
        )
      })}
    </section>
  )
}
