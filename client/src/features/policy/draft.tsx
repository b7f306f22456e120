import { actText } from '@countersign/shared/access/proof.ts'
import { type Policy, policyDocument, samePolicy } from '@countersign/shared/policy/policy.ts'
import { canonicalJson } from '@countersign/shared/requests/canonical.ts'
import { leastIndependenceDays, mostIndependenceDays } from '@countersign/shared/requests/requirement.ts'
import { Button, Checkbox, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useBlocker } from '@tanstack/react-router'
import { type FormEvent, type KeyboardEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useTextOfRefusal, useWordedRefusal } from '../../lib/fields.ts'
import { sha256 } from '../../lib/passkey.ts'
import { tell } from '../../lib/toast.ts'
import { queryClient, trpc } from '../../lib/trpc.ts'
import { PolicyTrial } from '../../ui/policy-trial.tsx'
import { useProof } from '../../ui/proof.tsx'
import { PolicyChanged } from '../../ui/rules.tsx'
import { type DraftRule, DraftRules, type Faults } from './draft-rules.tsx'

const figures = {
  massAccounts: [10, 1000],
  massPercent: [1, 50],
  independenceDays: [leastIndependenceDays, mostIndependenceDays],
} as const satisfies { readonly [F in keyof Policy]?: readonly [least: number, most: number] }
const figureNames = Object.keys(figures) as readonly (keyof typeof figures)[]

/** What is wrong with a draft, by the path of the field, worded by its code; the server says the same. */
const faultsOf = (draft: Policy): { whole: Faults; rules: Faults } => {
  const parsed = policyDocument.safeParse(draft)
  const issues = parsed.success ? [] : parsed.error.issues.map(({ path, message }) => [path.map(String), message] as const)
  return {
    whole: new Map(issues.map(([path, message]) => [path.join('.'), message])),
    rules: new Map(issues.flatMap(([[first, ...path], message]) => (first === 'rules' ? [[path.join('.'), message] as const] : []))),
  }
}

/** A policy is asked for by its button: Enter in a field is a figure that was typed. */
const stay = (event: KeyboardEvent) => {
  if (event.key === 'Enter' && event.target instanceof HTMLInputElement) event.preventDefault()
}

/** Asks the other policy owners for another policy than the one in force. */
export const Draft = ({ policy, done }: { policy: Policy; done: () => void }) => {
  const { t } = useTranslation()
  const worded = useWordedRefusal()
  const [figured, setFigured] = useState(policy)
  const [rules, setRules] = useState<readonly DraftRule[]>(() => policy.rules.map((rule, index) => ({ key: String(index), rule })))
  const [justification, setJustification] = useState('')
  const after: Policy = { ...figured, rules: rules.map(({ rule }) => rule) }
  const faults = faultsOf(after)
  const sound = faults.whole.size === 0
  const ask = useMutation(
    trpc.policy.ask.mutationOptions({
      onSuccess: ({ reference }) => {
        tell(t('policy.asked', { reference }))
        void queryClient.invalidateQueries(trpc.policy.pathFilter())
        void queryClient.invalidateQueries(trpc.requests.pathFilter())
        done()
      },
    }),
  )
  const { none, ask: prove, dialog } = useProof()
  const text = useTextOfRefusal(ask.error)
  const same = samePolicy(after, policy)
  // An hour of work is not lost to a click beside it.
  useBlocker({
    shouldBlockFn: () => !same && !ask.isSuccess && !window.confirm(t('policy.leave')),
    enableBeforeUnload: () => !same && !ask.isSuccess,
  })
  const send = (event: FormEvent) => {
    event.preventDefault()
    if (none) ask.mutate({ after, justification })
    else
      prove({
        title: t('policy.title'),
        about: <p style={{ margin: 0 }}>{t('proof.policy')}</p>,
        confirm: t('policy.ask'),
        textOf: async (nonce) => actText('ask-policy', await sha256(canonicalJson(after)), nonce),
        run: (proof) => ask.mutateAsync({ after, justification, proof }),
      })
  }
  const wrong = (name: string) => {
    const code = faults.whole.get(name)
    return code ? worded(code) : text.of(`after.${name}`)
  }
  return (
    <form className="card stack" onSubmit={send} onKeyDown={stay} aria-label={t('policy.edit.title')} noValidate>
      <h2>{t('policy.edit.title')}</h2>
      <p className="soft" style={{ margin: 0 }}>
        {t('policy.edit.hint')}
      </p>
      <h3>{t('policy.whole')}</h3>
      <Checkbox
        autoFocus
        label={t('policy.fields.criticalSuspends')}
        checked={after.criticalSuspends}
        onChange={(event) => setFigured({ ...figured, criticalSuspends: event.currentTarget.checked })}
      />
      <div className="row wrap" style={{ alignItems: 'flex-start' }}>
        {figureNames.map((name) => (
          <TextInput
            key={name}
            type="number"
            label={t(`policy.fields.${name}`)}
            value={Number.isNaN(after[name]) ? '' : after[name]}
            onChange={(event) => setFigured({ ...figured, [name]: event.currentTarget.valueAsNumber })}
            error={wrong(name)}
            min={figures[name][0]}
            max={figures[name][1]}
          />
        ))}
      </div>
      <h3>{t('policy.edit.rules')}</h3>
      {faults.rules.get('') ? (
        <p className="notice danger small" style={{ margin: 0 }}>
          {worded(faults.rules.get('') ?? '')}
        </p>
      ) : null}
      <DraftRules rules={rules} faults={faults.rules} onChange={setRules} />
      {same ? null : (
        <>
          <PolicyChanged before={policy} after={after} />
          <PolicyTrial draft={after} ready={sound} />
        </>
      )}
      <TextInput
        label={t('requests.justification')}
        description={t('policy.hint')}
        value={justification}
        maxLength={500}
        onChange={(event) => setJustification(event.currentTarget.value)}
        error={text.of('justification')}
      />
      {text.rest ? (
        <p className="notice danger" role="alert" style={{ margin: 0 }}>
          {text.rest}
        </p>
      ) : null}
      {same ? (
        <p className="soft small" style={{ margin: 0 }}>
          {t('policy.edit.same')}
        </p>
      ) : null}
      {sound ? null : (
        <p className="notice danger small" style={{ margin: 0 }}>
          {t('policy.edit.fix')}
        </p>
      )}
      <div className="row wrap">
        <Button type="submit" loading={ask.isPending} disabled={justification.trim().length < 3 || same || !sound}>
          {t('policy.ask')}
        </Button>
        <Button variant="subtle" onClick={() => (same || window.confirm(t('policy.leave'))) && done()}>
          {t('common.cancel')}
        </Button>
      </div>
      {dialog}
    </form>
  )
}
