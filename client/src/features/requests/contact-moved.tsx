import type { ContentOf } from '@countersign/shared/requests/content.ts'
import { useTranslation } from 'react-i18next'
import { phoneNumber } from '../../lib/format.ts'

/** What stands on record, and what is to stand in its place. */
const Moved = ({ before, after }: { before: string; after: string }) => {
  const { t } = useTranslation()
  if (before === after)
    return (
      <>
        {after} <span className="soft small">({t('filing.kept')})</span>
      </>
    )
  return (
    <>
      <del>{before}</del> <span aria-hidden="true">→</span> <ins>{after}</ins>
    </>
  )
}

/** The lines of a list of facts: each address and number from what it is to what it becomes. */
export const ContactMoved = ({ content: { before, email, phone } }: { content: ContentOf<'change-contact'> }) => {
  const { t } = useTranslation()
  return (
    <>
      <dt>{t('filing.email')}</dt>
      <dd>
        <Moved before={before.email} after={email} />
      </dd>
      <dt>{t('filing.phone')}</dt>
      <dd>
        <Moved before={phoneNumber(before.phone)} after={phoneNumber(phone)} />
      </dd>
    </>
  )
}
