import type { PolicyRule } from '@countersign/shared/policy/rules.ts'
import { ActionIcon, Button } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconTrash } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useWordedRefusal } from '../../lib/fields.ts'
import { useRuleSentences } from '../../ui/policy-sentences.ts'
import { RuleText } from '../../ui/rules.tsx'
import { RuleFields } from './rule-fields.tsx'

/** A rule with a key of its own, so that what is open stays open when it moves. */
export type DraftRule = { readonly key: string; readonly rule: PolicyRule }

/** What is wrong, by the path of the field it is wrong in. */
export type Faults = ReadonlyMap<string, string>

const fresh: PolicyRule = {
  when: { kinds: ['create-account'], profiles: ['site-adviser'] },
  demand: {
    stages: [{ people: 1, roles: ['supervisor'], level: 'covering' }],
    assurance: 'session',
    callBack: false,
    coolingOffHours: 0,
    deadline: { workingHours: 19 },
    escalation: { remindAfter: 10, widenAfter: 14 },
  },
}

/** A field that was emptied holds no number: there is no sentence of it yet. */
const isFinished = ({ demand: { stages, coolingOffHours, deadline, escalation } }: PolicyRule): boolean =>
  [...stages.map(({ people }) => people), coolingOffHours, ...Object.values(deadline), ...Object.values(escalation ?? {})].every(
    Number.isFinite,
  )

type Props = { rules: readonly DraftRule[]; faults: Faults; onChange: (rules: readonly DraftRule[]) => void }

/** The rules of a draft: read as sentences, opened one at a time, moved and taken out. The last stays where it is. */
export const DraftRules = ({ rules, faults, onChange }: Props) => {
  const { t } = useTranslation()
  const worded = useWordedRefusal()
  const [open, setOpen] = useState<string | null>(null)
  const sentences = useRuleSentences(
    rules.map(({ rule }) => rule),
    true,
  )
  const last = rules.length - 1
  const moved = (from: number, to: number) => {
    const others = rules.filter((_, at) => at !== from)
    onChange([...others.slice(0, to), rules[from] as DraftRule, ...others.slice(to)])
  }
  const list = useRef<HTMLOListElement>(null)
  // What had the focus is gone with it: the keyboard stays where the rules are.
  const takeOut = (key: string) => {
    onChange(rules.filter((one) => one.key !== key))
    list.current?.focus()
  }
  const add = () => {
    const key = crypto.randomUUID()
    onChange([{ key, rule: fresh }, ...rules])
    setOpen(key)
  }
  return (
    <div className="stack tight">
      <div>
        <Button variant="default" size="compact-sm" onClick={add}>
          {t('policy.edit.add')}
        </Button>
      </div>
      <ol className="rules" ref={list} tabIndex={-1} aria-label={t('policy.edit.rules')}>
        {rules.map(({ key, rule }, index) => {
          const at = (path: string) => faults.get(`${index}${path ? `.${path}` : ''}`)
          const place = index + 1
          const whole = at('')
          const faulty = [...faults.keys()].some((path) => path === `${index}` || path.startsWith(`${index}.`))
          return (
            <li key={key}>
              <div className="row wrap between">
                <div className="rule-text">
                  {isFinished(rule) ? <RuleText {...sentences(rule)} /> : <span className="soft">{t('policy.edit.unfinished')}</span>}
                </div>
                <div className="row" style={{ flexWrap: 'nowrap' }}>
                  <Button
                    variant="subtle"
                    size="compact-sm"
                    aria-expanded={open === key}
                    aria-label={`${t(open === key ? 'policy.edit.close' : 'policy.edit.open')} · ${t('policy.rule', { place })}`}
                    onClick={() => setOpen(open === key ? null : key)}
                  >
                    {t(open === key ? 'policy.edit.close' : 'policy.edit.open')}
                  </Button>
                  {index < last ? (
                    <>
                      <ActionIcon
                        variant="subtle"
                        aria-label={t('policy.edit.up', { place })}
                        disabled={index === 0}
                        onClick={() => moved(index, index - 1)}
                      >
                        <IconArrowUp size={16} aria-hidden="true" />
                      </ActionIcon>
                      <ActionIcon
                        variant="subtle"
                        aria-label={t('policy.edit.down', { place })}
                        disabled={index >= last - 1}
                        onClick={() => moved(index, index + 1)}
                      >
                        <IconArrowDown size={16} aria-hidden="true" />
                      </ActionIcon>
                      <ActionIcon variant="subtle" color="red" aria-label={t('policy.edit.remove', { place })} onClick={() => takeOut(key)}>
                        <IconTrash size={16} aria-hidden="true" />
                      </ActionIcon>
                    </>
                  ) : null}
                </div>
              </div>
              {open === key ? (
                <RuleFields
                  rule={rule}
                  last={index === last}
                  onChange={(changed) => onChange(rules.map((one) => (one.key === key ? { key, rule: changed } : one)))}
                  error={(path) => {
                    const code = at(path)
                    return code ? worded(code) : null
                  }}
                />
              ) : null}
              {whole || (faulty && open !== key) ? (
                <p className="notice danger small" style={{ margin: '6px 0 0' }}>
                  {worded(whole ?? [...faults].find(([path]) => path.startsWith(`${index}.`))?.[1] ?? 'other')}
                </p>
              ) : null}
            </li>
          )
        })}
      </ol>
    </div>
  )
}
