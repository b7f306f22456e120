import type { RefusalCode } from '@countersign/shared/refusals.ts'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { refusalOf } from './trpc.ts'

/** The sentence of a code: of a refusal, or of what is wrong with the shape of a field. */
export const useWordedRefusal = () => {
  const { t, i18n } = useTranslation()
  return (code: string): string => {
    if (i18n.exists(`refusal.${code}`)) return t(`refusal.${code as RefusalCode}`)
    return i18n.exists(`field.${code}`) ? t(`field.${code as 'other'}`) : t('field.other')
  }
}

/** The sentences of a refusal: one for each field, and what is left for the form as a whole. */
export const useTextOfRefusal = (error: unknown) => {
  const { t } = useTranslation()
  const worded = useWordedRefusal()
  const refusal = error ? refusalOf(error) : null
  const fields = refusal?.fields ?? []
  const whole = fields.find(({ field }) => field === null || field === '')
  return {
    of: (name: string): string | null => {
      const found = fields.find(({ field }) => field === name)
      return found ? worded(found.message) : null
    },
    rest: !error
      ? null
      : !refusal
        ? t('refusal.unavailable')
        : whole
          ? worded(whole.message)
          : fields.length === 0 && refusal.code
            ? worded(refusal.code)
            : null,
  }
}

/** For the form whose fields were refused: the first of them takes the focus, so that nobody has to look for it. */
export const useFirstWrong = (error: unknown) => {
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (error) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [error])
  return form
}
