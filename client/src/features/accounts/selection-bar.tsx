import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { tell } from '../../lib/toast.ts'
import { useEndedSentence } from './ending-cell.tsx'
import type { Endings, Verb } from './endings.ts'

const most = 200

/** Ends all that one has ticked, with a result for each. */
export const SelectionBar = ({ ticked, clear, endings }: { ticked: ReadonlySet<string>; clear: () => void; endings: Endings }) => {
  const { t } = useTranslation()
  const sentence = useEndedSentence()
  const act = (verb: Verb) =>
    endings.end(verb, [...ticked].slice(0, most), (lines) => {
      const done = lines.filter(({ refusal }) => refusal === null)
      const refusals = [
        ...Map.groupBy(
          lines.filter(({ refusal }) => refusal !== null),
          ({ refusal }) => refusal,
        ),
      ]
      const total = done.reduce(
        (sum, { ended }) => ({
          sessions: sum.sessions + (ended?.sessions ?? 0),
          links: sum.links + (ended?.links ?? 0),
          requestsVoided: sum.requestsVoided + (ended?.requestsVoided ?? 0),
          approvalsVoided: sum.approvalsVoided + (ended?.approvalsVoided ?? 0),
        }),
        { sessions: 0, links: 0, requestsVoided: 0, approvalsVoided: 0 },
      )
      tell(
        t('accounts.batch', { done: done.length, refused: lines.length - done.length }),
        <>
          {sentence(total)}
          {refusals.map(([code, group]) => (code ? <div key={code}>{`${group.length} : ${t(`refusal.${code}`)}`}</div> : null))}
        </>,
      )
      clear()
    })
  return (
    <section className="bar" aria-label={t('accounts.selected', { count: ticked.size })}>
      <span className="strong">{t('accounts.selected', { count: ticked.size })}</span>
      {ticked.size > most ? <span className="soft">{t('accounts.limit')}</span> : null}
      <Button color="red" variant="light" loading={endings.busy} onClick={() => act('suspend')}>
        {t('accounts.suspend')}
      </Button>
      <Button color="red" loading={endings.busy} onClick={() => act('revoke')}>
        {t('accounts.revoke')}
      </Button>
      <Button variant="subtle" onClick={clear}>
        {t('accounts.unselect')}
      </Button>
    </section>
  )
}
