import type { Policy } from '@countersign/shared/policy/policy.ts'
import { selfSuspensionsAnHour } from '@countersign/shared/signals/containing.ts'
import { useTranslation } from 'react-i18next'
import { count } from '../lib/format.ts'
import { useLanguage } from '../lib/language.ts'

/** A policy as one would say it. */
export const usePolicySentences = (): ((policy: Policy) => readonly string[]) => {
  const { t } = useTranslation()
  const language = useLanguage()
  return ({ criticalSuspends, massAccounts, massPercent }) => [
    t(`policy.criticalSuspends.${criticalSuspends ? 'yes' : 'no'}`, { most: selfSuspensionsAnHour }),
    t('policy.mass', { accounts: count(massAccounts, language), percent: massPercent }),
  ]
}
