import type { RefusalCode } from '@countersign/shared/refusals.ts'
import { notifications } from '@mantine/notifications'
import i18next from 'i18next'
import type { ReactNode } from 'react'
import { refusalOf } from './trpc.ts'

const closeButtonProps = () => ({ 'aria-label': i18next.t('common.close') })

export const tell = (title: string, message: ReactNode = null, id?: string): void => {
  notifications.show({ ...(id ? { id } : {}), title, message, color: 'signature', autoClose: 8000, closeButtonProps: closeButtonProps() })
}

/** What happens often and matters little: the last one takes the place of the one before. */
export const tellLast = (title: string, message: string): void => {
  notifications.hide(title)
  tell(title, message, title)
}

/** A refusal that came by another way than a procedure. */
export class Said extends Error {
  readonly code: RefusalCode
  constructor(code: RefusalCode) {
    super(code)
    this.code = code
  }
}

/** The sentence of a refusal, in the reader's language; a failure says that nothing was changed. */
export const sentenceOf = (error: unknown): string => {
  if (error instanceof Said) return i18next.t(`refusal.${error.code}`)
  const refusal = refusalOf(error)
  if (refusal?.code) return i18next.t(`refusal.${refusal.code}`)
  return refusal ? i18next.t('field.other') : i18next.t('refusal.unavailable')
}

export const tellRefusal = (error: unknown): void => {
  notifications.show({ message: sentenceOf(error), color: 'red', autoClose: 10_000, closeButtonProps: closeButtonProps() })
}
