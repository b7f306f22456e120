import { useTranslation } from 'react-i18next'
import { count } from '../lib/format.ts'
import { useLanguage } from '../lib/language.ts'

/** A number of rows in words: to the row, or "about 41,000" where only an estimate is to be had. */
export const useAmount = () => {
  const { t } = useTranslation()
  const language = useLanguage()
  return ({ count: value, exact }: { readonly count: number; readonly exact: boolean }): string =>
    exact ? count(value, language) : t('common.about', { shown: count(value, language) })
}
