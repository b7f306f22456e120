import type { SignalRule } from '@countersign/shared/signals/finding.ts'
import { useTranslation } from 'react-i18next'

type Numbers = Readonly<Record<string, number | string | null>>

/** Numbers that stand for words. */
const worded = { kind: 'kind', role: 'role', code: 'refusal', act: 'signal.act', what: 'signal.touch' } as const

/** What happened and what is normal here, made of the finding's own numbers. */
export const useSentence = () => {
  const { t, i18n } = useTranslation()
  return (rule: SignalRule, numbers: Numbers) => {
    const words = Object.fromEntries(
      Object.entries(numbers).map(([name, value]) => {
        const key = name in worded ? `${worded[name as keyof typeof worded]}.${value}` : ''
        return [name, key && i18n.exists(key) ? t(key as 'agent') : (value ?? '')]
      }),
    )
    return {
      title: t(`signal.rule.${rule}.title`),
      happened: t(`signal.rule.${rule}.happened`, words),
      normal: t(`signal.rule.${rule}.normal`, words),
    }
  }
}
