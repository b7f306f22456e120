import { useTranslation } from 'react-i18next'
import { count } from '../lib/format.ts'
import { useLanguage } from '../lib/language.ts'
import type { Outputs } from '../lib/trpc.ts'

type Row = Pick<Outputs['requests']['list']['rows'][number], 'content' | 'subject'>

/** Whom a request is about, in a word or two. */
export const useAboutWhom = (): ((row: Row) => string) => {
  const { t } = useTranslation()
  const language = useLanguage()
  return ({ content, subject }) => {
    if (content.kind === 'create-account') return `${content.givenName} ${content.familyName}`
    if (content.kind === 'set-policy') return t('policy.title')
    return 'bulkId' in content
      ? t('requests.accounts', { count: content.accounts, shown: count(content.accounts, language) })
      : (subject?.name ?? '')
  }
}
