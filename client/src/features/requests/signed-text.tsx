import { canonicalJson } from '@countersign/shared/requests/canonical.ts'
import { peopleIn } from '@countersign/shared/requests/requirement.ts'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { count } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { sha256 } from '../../lib/passkey.ts'
import type { Outputs } from '../../lib/trpc.ts'
import { useDemandSentences } from '../../ui/policy-sentences.ts'
import { Content } from './content.tsx'
import { useSentence } from './sentence.ts'

type Detail = Outputs['requests']['get']

/** How fast its reader decides, told to them alone; and what comes of deciding faster than one reads. */
const Pace = ({ pace }: { pace: Detail['pace'] }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  if (!pace || pace.medianSeconds === null || pace.approvedShare === null) return null
  const seconds = new Intl.NumberFormat(language, { style: 'unit', unit: 'second', unitDisplay: 'short', maximumFractionDigits: 0 })
  const share = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 })
  return (
    <>
      <p className="soft small" style={{ margin: 0 }}>
        {t('proof.pace', {
          median: seconds.format(pace.medianSeconds),
          share: share.format(pace.approvedShare),
          decisions: count(pace.decisions, language),
        })}
      </p>
      {pace.hurried ? (
        <p className="notice wait" style={{ margin: 0 }}>
          {t('proof.hurried')}
        </p>
      ) : null}
    </>
  )
}

/** What is signed: the sentence, and below it the very text whose hash goes under the signature, hashed here once more. */
export const SignedText = ({ request }: { request: Detail }) => {
  const { t } = useTranslation()
  const sentence = useSentence(request)
  const demands = useDemandSentences()
  const text = canonicalJson(request.content)
  const hash = useQuery({ queryKey: ['sha256', text], queryFn: () => sha256(text), staleTime: Number.POSITIVE_INFINITY })
  return (
    <div className="stack tight">
      <p className="sentence">{sentence}</p>
      <p className="small" style={{ margin: 0 }}>
        {request.demand
          ? [
              ...demands(request.demand),
              ...(request.approvalsNeeded > peopleIn(request.demand) ? [t('proof.more', { count: request.approvalsNeeded })] : []),
            ].join(' ')
          : t('proof.needs', { count: request.approvalsNeeded, roles: request.approverRoles.map((role) => t(`role.${role}`)).join(', ') })}
      </p>
      <Content content={request.content} />
      <h3>{t('proof.exact')}</h3>
      <section
        className="exact"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a long text scrolls, and the keyboard has to reach it.
        tabIndex={0}
        aria-label={t('proof.exact')}
      >
        <code>{text}</code>
      </section>
      <p className="soft small" style={{ margin: 0 }}>
        SHA-256 <code className="whole">{request.contentHash}</code>
      </p>
      {hash.data && hash.data !== request.contentHash ? (
        <p className="notice danger" role="alert" style={{ margin: 0 }}>
          {t('proof.altered')}
        </p>
      ) : null}
      <Pace pace={request.pace} />
    </div>
  )
}
