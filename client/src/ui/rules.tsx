import { differenceOf, type RuleChange } from '@countersign/shared/policy/difference.ts'
import type { PolicyRule } from '@countersign/shared/policy/rules.ts'
import { useTranslation } from 'react-i18next'
import { useRuleSentences } from './policy-sentences.ts'

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
export const RulesChanged = ({ before, after }: { before: readonly PolicyRule[]; after: readonly PolicyRule[] }) => {
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
