import { atPlace, ofWhom } from '@countersign/shared/text/prepositions.ts'
import { useTranslation } from 'react-i18next'
import { count, onDay } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import type { Outputs } from '../../lib/trpc.ts'

type Detail = Outputs['requests']['get']

/** The request as a sentence: what is asked, word for word, with what it would reach. */
export const useSentence = (request: Detail): string => {
  const { t } = useTranslation()
  const language = useLanguage()
  const { content } = request
  const place = request.detail ? `${request.place} (${request.detail})` : request.place
  const common = {
    requester: request.requester?.name ?? t('requests.somebody'),
    subject: request.subject?.name ?? '',
    ofSubject: ofWhom(request.subject?.name ?? '', language),
    place,
    atPlace: atPlace(place, language),
    files: count(request.reach?.after ?? 0, language),
  }
  if (content.kind === 'create-account')
    return t('requests.sentence.create-account', {
      ...common,
      name: `${content.givenName} ${content.familyName}`,
      profile: t(`profile.${content.profile}`).toLowerCase(),
      end: onDay(content.endsOn, language),
    })
  if ('bulkId' in content) return t(`requests.sentence.${content.kind}`, { ...common, accounts: count(content.accounts, language) })
  if (content.kind === 'set-policy') return t('requests.sentence.set-policy', common)
  if (content.kind === 'grant-role')
    return t('requests.sentence.grant-role', { ...common, role: t(`role.${content.role}`), over: request.grantedOver?.name ?? '' })
  return t(`requests.sentence.${content.kind}`, common)
}
