import { roles } from '@countersign/shared/access/roles.ts'
import { levels } from '@countersign/shared/access/scope.ts'
import { networkKinds, profileIds } from '@countersign/shared/accounts/profiles.ts'
import type { Condition, Demand, PolicyRule } from '@countersign/shared/policy/rules.ts'
import { demandedAssurances } from '@countersign/shared/policy/rules.ts'
import { requestKinds } from '@countersign/shared/requests/kinds.ts'
import { signalRules } from '@countersign/shared/signals/finding.ts'
import { Checkbox, MultiSelect, NumberInput, Select, TagsInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useOrganisationChoices } from '../../lib/choices.ts'
import { trpc } from '../../lib/trpc.ts'
import { SearchSelect } from '../../ui/search-select.tsx'
import { Stages } from './stage-fields.tsx'

type Change<T> = (value: T) => void

/** A condition that was emptied holds for everything: it is not there. */
const without = <T extends object, K extends keyof T>(value: T, key: K): T => {
  const { [key]: _gone, ...rest } = value
  return rest as T
}

const useConditionChoices = () => {
  const { t } = useTranslation()
  return {
    kinds: requestKinds.map((value) => ({ value, label: t(`kind.${value}`) })),
    networks: networkKinds.map((value) => ({ value, label: t(`policy.network.${value}`) })),
    profiles: profileIds.map((value) => ({ value, label: t(`profile.${value}`) })),
    roles: roles.map((value) => ({ value, label: t(`role.${value}`) })),
    signals: signalRules.map((value) => ({ value, label: t(`signal.rule.${value}.title`) })),
  } as const
}

const lists = ['kinds', 'networks', 'profiles', 'roles', 'signals'] as const

/** To what a rule applies. */
const Conditions = ({ when, onChange }: { when: Condition; onChange: Change<Condition> }) => {
  const { t } = useTranslation()
  const choices = useConditionChoices()
  const usePlaces = useOrganisationChoices(
    'read',
    levels.filter((level) => level !== 'site' && level !== 'nation'),
  )
  return (
    <div className="rule-fields">
      {lists.map((name) => (
        <MultiSelect
          key={name}
          label={t(`policy.edit.${name}`)}
          placeholder={when[name] ? undefined : t('policy.edit.any')}
          data={choices[name]}
          value={when[name] ?? []}
          onChange={(values) => onChange(values.length > 0 ? { ...when, [name]: values } : without(when, name))}
          clearable
        />
      ))}
      <SearchSelect
        label={t('policy.edit.within')}
        placeholder={t('policy.edit.any')}
        nothing={t('filing.typeToSearch')}
        value={when.within ?? null}
        onChange={(value) => onChange(value ? { ...when, within: value } : without(when, 'within'))}
        useChoices={usePlaces}
        clearable
      />
      <NumberInput
        label={t('policy.edit.reachAtLeast')}
        placeholder={t('policy.edit.any')}
        value={when.reachAtLeast ?? ''}
        onChange={(value) => onChange(typeof value === 'number' ? { ...when, reachAtLeast: value } : without(when, 'reachAtLeast'))}
        min={1}
        thousandSeparator=" "
        hideControls
      />
    </div>
  )
}

const clocks = ['workingHours', 'hours'] as const

type Timing = { demand: Demand; onChange: Change<Demand>; error: (path: string) => ReactNode }

/** When it may be signed, until when, and who is told in between. */
const Times = ({ demand, onChange, error }: Timing) => {
  const { t } = useTranslation()
  const { deadline, escalation } = demand
  const clock = 'hours' in deadline ? 'hours' : 'workingHours'
  const hours = 'hours' in deadline ? deadline.hours : deadline.workingHours
  const dated = (name: (typeof clocks)[number], value: number) =>
    onChange({ ...demand, deadline: name === 'hours' ? { hours: value } : { workingHours: value } })
  const figure = (value: string | number) => (typeof value === 'number' ? value : Number.NaN)
  return (
    <div className="rule-fields">
      <NumberInput
        label={t('policy.edit.coolingOffHours')}
        value={demand.coolingOffHours}
        onChange={(value) => onChange({ ...demand, coolingOffHours: figure(value) })}
        error={error('coolingOffHours')}
        min={0}
        max={168}
      />
      <NumberInput
        label={t('policy.edit.deadline')}
        value={hours}
        onChange={(value) => dated(clock, figure(value))}
        error={error('deadline') ?? error('deadline.workingHours') ?? error('deadline.hours')}
        min={1}
        max={168}
      />
      <Select
        label={t('policy.edit.clock')}
        data={clocks.map((value) => ({ value, label: t(`policy.edit.clocks.${value}`) }))}
        value={clock}
        onChange={(value) => dated(value === 'hours' ? 'hours' : 'workingHours', hours)}
        allowDeselect={false}
      />
      <Checkbox
        label={t('policy.edit.escalates')}
        checked={escalation !== null}
        onChange={(event) => onChange({ ...demand, escalation: event.currentTarget.checked ? { remindAfter: 1, widenAfter: 2 } : null })}
        error={error('escalation')}
      />
      {escalation
        ? (['remindAfter', 'widenAfter'] as const).map((name) => (
            <NumberInput
              key={name}
              label={t(`policy.edit.${name}`)}
              value={escalation[name]}
              onChange={(value) => onChange({ ...demand, escalation: { ...escalation, [name]: figure(value) } })}
              error={error(`escalation.${name}`)}
              min={1}
              max={168}
            />
          ))
        : null}
    </div>
  )
}

/** Where whoever signs has signed in; nothing to choose where there is no provider and none is named. */
const SignIn = ({ demand, onChange, error }: Timing) => {
  const { t } = useTranslation()
  const { data: providers = [] } = useQuery(trpc.identities.providers.queryOptions())
  const signIn = demand.signIn ?? { issuers: [], contexts: [] }
  const { issuers, contexts } = signIn
  const behind = signIn.behind ?? []
  const known = providers.map(({ name, issuer }) => ({ value: issuer, label: name }))
  const named = issuers.filter((issuer) => !providers.some((one) => one.issuer === issuer)).map((value) => ({ value, label: value }))
  if (known.length + named.length === 0) return null
  return (
    <div className="rule-fields">
      <MultiSelect
        label={t('policy.edit.signIn')}
        placeholder={issuers.length > 0 ? undefined : t('policy.edit.any')}
        data={[...known, ...named]}
        value={issuers}
        onChange={(values) =>
          onChange(values.length > 0 ? { ...demand, signIn: { ...signIn, issuers: values } } : without(demand, 'signIn'))
        }
        maxValues={5}
        error={error('signIn') ?? issuers.map((_, index) => error(`signIn.issuers.${index}`)).find(Boolean)}
        clearable
      />
      {issuers.length > 0 ? (
        <TagsInput
          label={t('policy.edit.behind')}
          description={t('policy.edit.behindHint')}
          value={behind}
          onChange={(values) =>
            onChange({ ...demand, signIn: values.length > 0 ? { ...signIn, behind: values } : without(signIn, 'behind') })
          }
          maxTags={20}
          error={behind.map((_, index) => error(`signIn.behind.${index}`)).find(Boolean)}
        />
      ) : null}
      {issuers.length > 0 ? (
        <TagsInput
          label={t('policy.edit.contexts')}
          description={t('policy.edit.contextsHint')}
          value={contexts}
          onChange={(values) => onChange({ ...demand, signIn: { ...signIn, contexts: values } })}
          maxTags={10}
          error={contexts.map((_, index) => error(`signIn.contexts.${index}`)).find(Boolean)}
        />
      ) : null}
    </div>
  )
}

type Fields = { rule: PolicyRule; last: boolean; onChange: Change<PolicyRule>; error: (path: string) => ReactNode }

/** One rule, to be changed. The last has no condition: it is for everything else. */
export const RuleFields = ({ rule, last, onChange, error }: Fields) => {
  const { t } = useTranslation()
  const { when, demand } = rule
  const asking: Change<Demand> = (value) => onChange({ ...rule, demand: value })
  const inDemand = (path: string) => error(`demand.${path}`)
  return (
    <div className="stack tight">
      {last ? null : (
        <fieldset className="plain">
          <legend className="strong">{t('policy.edit.when')}</legend>
          <Conditions when={when} onChange={(value) => onChange({ ...rule, when: value })} />
        </fieldset>
      )}
      <fieldset className="plain">
        <legend className="strong">{t('policy.edit.asks')}</legend>
        <div className="stack tight">
          <Stages stages={demand.stages} onChange={(stages) => asking({ ...demand, stages })} error={inDemand} />
          <Select
            label={t('policy.edit.assurance')}
            data={demandedAssurances.map((value) => ({ value, label: t(`policy.edit.assurances.${value}`) }))}
            value={demand.assurance}
            onChange={(value) => asking({ ...demand, assurance: demandedAssurances.find((one) => one === value) ?? demand.assurance })}
            allowDeselect={false}
            style={{ maxWidth: 360 }}
          />
          <SignIn demand={demand} onChange={asking} error={inDemand} />
          <Checkbox
            label={t('policy.edit.callBack')}
            checked={demand.callBack}
            onChange={(event) => asking({ ...demand, callBack: event.currentTarget.checked })}
            error={inDemand('callBack')}
          />
          <Times demand={demand} onChange={asking} error={inDemand} />
        </div>
      </fieldset>
    </div>
  )
}
