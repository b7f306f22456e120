import { differenceOf, type RuleChange } from '@countersign/shared/policy/difference.ts'
import type { PolicyOnRecord } from '@countersign/shared/policy/policy.ts'
import type { PolicyRule } from '@countersign/shared/policy/rules.ts'
import { useTranslation } from 'react-i18next'
import { usePolicySentences, useRuleSentences } from './policy-sentences.ts'

/** What a rule says: to what it applies, and what it asks. */
export const RuleText = ({ when, asks }: { when: string; asks: readonly string[] }) => (
  <>
    <div className="strong">{when}</div>
    <div className="small">{asks.join(' ')}</div>
  </>
)

/** The rules of a policy, in their order. */
export const Rules = ({ rules }: { rules: readonly PolicyRule[] }) => {
  const sentences = useRuleSentences(rules, true)
  return (
    <ol className="rules">
      {rules.map((rule) => (
        <li key={JSON.stringify(rule)}>
          <RuleText {...sentences(rule)} />
        </li>
      ))}
    </ol>
  )
}

const marks = { kept: '', added: '+', removed: '−', moved: '↕' } as const satisfies Record<RuleChange['change'], string>

/** From one list of rules to another: what is taken out, what is put in, and how many stay. */
const RulesChanged = ({ before, after }: { before: readonly PolicyRule[]; after: readonly PolicyRule[] }) => {
  const { t } = useTranslation()
  const sentences = useRuleSentences([...before, ...after])
  const changes = differenceOf(before, after)
  const kept = changes.filter(({ change }) => change === 'kept').length
  return (
    <>
      <ul className="rules plain">
        {changes
          .filter(({ change }) => change !== 'kept')
          .map((one) => (
            <li key={`${one.change}${one.place}`} className={one.change}>
              <span className="change">
                <span aria-hidden="true">{marks[one.change]} </span>
                {t(`policy.change_${one.change}`, { place: one.place, from: one.change === 'moved' ? one.from : one.place })}
              </span>
              <RuleText {...sentences(one.rule)} />
            </li>
          ))}
      </ul>
      <p className="soft small" style={{ margin: 0 }}>
        {t('policy.unchanged', { count: kept })}
      </p>
    </>
  )
}

/** From one policy to another, in words: all that changes, and nothing that does not; what is asked for, shown and signed is this. */
export const PolicyChanged = ({ before, after }: { before: PolicyOnRecord; after: PolicyOnRecord }) => {
  const { t } = useTranslation()
  const sentences = usePolicySentences()
  const [was, is] = [sentences(before), sentences(after)]
  const changed = is.flatMap((fresh, index) => (fresh === was[index] ? [] : [{ old: was[index] ?? '', fresh }]))
  return (
    <>
      {changed.length > 0 ? (
        <ul className="rules plain">
          {changed.flatMap(({ old, fresh }) => [
            <li key={`before ${old}`} className="removed">
              <span className="change">
                <span aria-hidden="true">{marks.removed} </span>
                {t('policy.before')}
              </span>
              <div className="small">{old}</div>
            </li>,
            <li key={`after ${fresh}`} className="added">
              <span className="change">
                <span aria-hidden="true">{marks.added} </span>
                {t('policy.after')}
              </span>
              <div className="small">{fresh}</div>
            </li>,
          ])}
        </ul>
      ) : null}
      {before.rules && after.rules ? (
        <RulesChanged before={before.rules} after={after.rules} />
      ) : (
        <p className="soft">{t('policy.none')}</p>
      )}
    </>
  )
}
