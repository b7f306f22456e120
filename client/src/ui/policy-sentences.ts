import type { PolicyOnRecord } from '@countersign/shared/policy/policy.ts'
import type { Condition, Demand, PolicyRule, Stage } from '@countersign/shared/policy/rules.ts'
import { type RequestKind, requestKinds } from '@countersign/shared/requests/kinds.ts'
import { leastIndependenceDays } from '@countersign/shared/requests/requirement.ts'
import { goesUp } from '@countersign/shared/requests/stages.ts'
import { selfSuspensionsAnHour } from '@countersign/shared/signals/containing.ts'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { count } from '../lib/format.ts'
import { useLanguage } from '../lib/language.ts'
import { useProviderName } from '../lib/provider-name.ts'
import { trpc } from '../lib/trpc.ts'

/** What a policy says of the whole network, as one would say it. */
export const usePolicySentences = (): ((policy: PolicyOnRecord) => readonly string[]) => {
  const { t } = useTranslation()
  const language = useLanguage()
  return ({ criticalSuspends, massAccounts, massPercent, independenceDays = leastIndependenceDays }) => [
    t(`policy.criticalSuspends.${criticalSuspends ? 'yes' : 'no'}`, { most: selfSuspensionsAnHour }),
    t('policy.mass', { accounts: count(massAccounts, language), percent: massPercent }),
    t('policy.independence', { days: independenceDays }),
  ]
}

/** A role as it stands within a sentence; what begins with an abbreviation keeps it. */
const inSentence = (name: string): string => (/^\p{Lu}{2}/u.test(name) ? name : name.charAt(0).toLowerCase() + name.slice(1))

/** What a demand asks for, a sentence each. */
export const useDemandSentences = (): ((demand: Demand) => readonly string[]) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const either = new Intl.ListFormat(language, { type: 'disjunction' })
  const providerName = useProviderName()
  /** Called what it is called here; the address is what is held. */
  const provider = (issuer: string): string => {
    const { name, address } = providerName(issuer)
    return name === address ? name : `${name} (${address})`
  }
  const stage = ({ people, roles, level }: Stage): string =>
    t('policy.asks.stage', {
      count: people,
      roles: either.format(roles.map((role) => inSentence(t(`role.${role}`)))),
      level: t(`policy.levels.${level}`),
    })
  const deadlineOf = (deadline: Demand['deadline'], then: boolean): string =>
    'hours' in deadline
      ? t(then ? 'policy.asks.hoursThen' : 'policy.asks.hours', deadline)
      : t(then ? 'policy.asks.workingHoursThen' : 'policy.asks.workingHours', { hours: deadline.workingHours })
  const through = ({ issuers, behind, contexts }: NonNullable<Demand['signIn']>): string => {
    const hubs = either.format(issuers.map(provider))
    const providers = behind ? t('policy.asks.behind', { hubs, behind: either.format(behind) }) : hubs
    return contexts.length > 0
      ? t('policy.asks.signInAs', { providers, contexts: either.format(contexts) })
      : t('policy.asks.signIn', { providers })
  }
  return ({ stages, assurance, signIn, callBack, coolingOffHours, deadline, escalation }) =>
    [
      t('policy.asks.needed', { stages: stages.map(stage).reduce((one, other) => t('policy.asks.and', { one, other })) }),
      assurance === 'session' ? '' : t(`policy.asks.assurance.${assurance}`),
      signIn ? through(signIn) : '',
      callBack ? t('policy.asks.callBack') : '',
      coolingOffHours > 0 ? t('policy.asks.coolingOffHours', { hours: coolingOffHours }) : '',
      deadlineOf(deadline, coolingOffHours > 0),
      escalation
        ? t(stages.some(goesUp) ? 'policy.asks.escalation' : 'policy.asks.reminders', {
            remind: escalation.remindAfter,
            widen: escalation.widenAfter,
          })
        : '',
    ].filter((one) => one !== '')
}

/** Does a rule leave nothing of a kind to those after it? */
const coversWhole = ({ kinds, ...others }: Condition, kind: RequestKind): boolean =>
  kinds?.includes(kind) === true && Object.keys(others).length === 0

/** To what a rule applies, in a line; places by the names its reader may know. */
const useConditionLine = (rules: readonly PolicyRule[], whole: boolean): ((when: Condition) => string) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const ids = [...new Set(rules.flatMap(({ when }) => when.within ?? []))]
  const named = useQuery({ ...trpc.organisations.named.queryOptions({ ids: ids.slice(0, 120) }), enabled: ids.length > 0 })
  const nameOf = (id: string) => named.data?.find((one) => one.id === id)?.name ?? t('policy.when.elsewhere')
  const list = (words: readonly string[]) => words.join(', ')
  const theRest = (): string => {
    const kinds = whole ? requestKinds.filter((kind) => !rules.some(({ when }) => coversWhole(when, kind))) : []
    return kinds.length > 0 ? t('policy.when.rest', { list: list(kinds.map((kind) => t(`kind.${kind}`))) }) : t('policy.when.anything')
  }
  return ({ kinds, networks, within, profiles, roles, reachAtLeast, signals }) => {
    const parts = [
      kinds ? list(kinds.map((kind) => t(`kind.${kind}`))) : '',
      networks ? t('policy.when.networks', { list: list(networks.map((one) => t(`policy.network.${one}`))) }) : '',
      within ? t('policy.when.within', { place: nameOf(within) }) : '',
      profiles ? t('policy.when.profiles', { list: list(profiles.map((one) => t(`profile.${one}`))) }) : '',
      roles ? t('policy.when.roles', { list: list(roles.map((one) => t(`role.${one}`))) }) : '',
      reachAtLeast === undefined ? '' : t('policy.when.reachAtLeast', { files: count(reachAtLeast, language) }),
      signals ? t('policy.when.signals', { list: list(signals.map((one) => t(`signal.rule.${one}.title`))) }) : '',
    ].filter((one) => one !== '')
    return parts.length > 0 ? parts.join(' · ') : theRest()
  }
}

/** Rules as their readers know them: to what each applies, and what it asks. Where they are the whole of a policy, the last says what is left for it. */
export const useRuleSentences = (rules: readonly PolicyRule[], whole = false) => {
  const when = useConditionLine(rules, whole)
  const asks = useDemandSentences()
  return (rule: PolicyRule) => ({ when: when(rule.when), asks: asks(rule.demand) })
}
