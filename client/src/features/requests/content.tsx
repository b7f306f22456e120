import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { count, phoneNumber } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import type { Outputs } from '../../lib/trpc.ts'
import { PolicyChanged } from '../../ui/rules.tsx'
import { Day } from '../../ui/when.tsx'
import { ContactMoved } from './contact-moved.tsx'

type Detail = Outputs['requests']['get']

/** All that is asked for, line by line: what is read before a decision, and again where it is signed. */
export const Content = ({ content }: { content: Detail['content'] }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  return (
    <dl className="facts">
      {content.kind === 'create-account' ? (
        <>
          <dt>{t('filing.login')}</dt>
          <dd>{content.login}</dd>
          <dt>{t('filing.email')}</dt>
          <dd>{content.email}</dd>
          <dt>{t('filing.phone')}</dt>
          <dd>{phoneNumber(content.phone)}</dd>
          <dt>{t('filing.profile')}</dt>
          <dd>{t(`profile.${content.profile}`)}</dd>
          <dt>{t('filing.endsOn')}</dt>
          <dd>
            <Day on={content.endsOn} />
          </dd>
        </>
      ) : null}
      {content.kind === 'change-contact' ? <ContactMoved content={content} /> : null}
      {'bulkId' in content ? (
        <>
          <dt>{t('accounts.title')}</dt>
          <dd>
            <Link to="/bulks/$bulkId" params={{ bulkId: content.bulkId }}>
              {t('requests.seeBulk')}
            </Link>{' '}
            ({t('requests.accounts', { count: content.accounts, shown: count(content.accounts, language) })})
          </dd>
          <dt>{t('requests.listHash')}</dt>
          <dd>
            <code title={content.listHash}>{content.listHash.slice(0, 12)}…</code>
          </dd>
        </>
      ) : null}
      {content.kind === 'set-policy' ? (
        <>
          <dt>{t('policy.changes')}</dt>
          <dd>
            <PolicyChanged before={content.before} after={content.after} />
          </dd>
        </>
      ) : null}
      <dt>{t('requests.justification')}</dt>
      <dd>{content.justification === 'public-page' ? t('requests.public') : content.justification}</dd>
    </dl>
  )
}
