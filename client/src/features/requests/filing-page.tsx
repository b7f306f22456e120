import { actText, roleAsked } from '@countersign/shared/access/proof.ts'
import { roles } from '@countersign/shared/access/roles.ts'
import { levels } from '@countersign/shared/access/scope.ts'
import { grantRoleContent } from '@countersign/shared/requests/content.ts'
import { Button, NativeSelect, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { getRouteApi, useNavigate, useRouter } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAccountChoices, useOrganisationChoices } from '../../lib/choices.ts'
import { useFirstWrong, useTextOfRefusal } from '../../lib/fields.ts'
import { tell } from '../../lib/toast.ts'
import { queryClient, refusalOf, trpc } from '../../lib/trpc.ts'
import { useProof } from '../../ui/proof.tsx'
import { SearchSelect } from '../../ui/search-select.tsx'
import { ContactFields, useContactOf } from './contact-fields.tsx'
import { CreateAccountFields } from './create-account-fields.tsx'
import { contentOf, type Draft, empty } from './draft.ts'

const route = getRouteApi('/_signed-in/requests/new/$kind')

/** What a proof was refused for is said where it was given; the rest closes the window, and is said at its field. */
const unlessOfForm = (error: unknown): void => {
  const refusal = refusalOf(error)
  if (!refusal || refusal.fields.length === 0) throw error
}

/** A page to file each kind of request. Bad input gets its sentence at its field, and nothing typed is lost. */
export const FilingPage = () => {
  const { t } = useTranslation()
  const { kind } = route.useParams()
  const { account } = route.useSearch()
  const navigate = useNavigate()
  const router = useRouter()
  const [draft, setDraft] = useState<Draft>(() => empty(account ?? null))
  const [corrected, setCorrected] = useState<ReadonlySet<string>>(new Set())
  const set = (change: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...change }))
    setCorrected((before) => new Set([...before, ...Object.keys(change)]))
  }
  const submit = useMutation(
    trpc.requests.submit.mutationOptions({
      onSuccess: ({ id, reference }) => {
        tell(t('filing.submitted', { reference }), t('filing.submittedHint'))
        void queryClient.invalidateQueries(trpc.requests.pathFilter())
        void queryClient.invalidateQueries(trpc.overview.pathFilter())
        void navigate({ to: '/requests', search: { view: 'mine', request: id } })
      },
    }),
  )
  const contact = useContactOf(kind === 'change-contact' ? draft.accountId : null)
  const { none, ask, dialog } = useProof()
  const refusal = useTextOfRefusal(submit.error)
  const form = useFirstWrong(submit.error)
  // What was said of a field is said until it is changed.
  const text = { rest: refusal.rest, of: (field: string) => (corrected.has(field) ? null : refusal.of(field)) }
  const send = (event: FormEvent) => {
    event.preventDefault()
    setCorrected(new Set())
    const content = contentOf[kind](draft, contact)
    // What is wrong with the form is said before anybody is asked for a proof.
    if (content.kind !== 'grant-role' || none || !grantRoleContent.safeParse(content).success) submit.mutate(content)
    else
      ask({
        title: t(`filing.title.${kind}`),
        about: <p style={{ margin: 0 }}>{t('proof.role')}</p>,
        confirm: t('filing.submit'),
        textOf: (nonce) => actText('ask-role', roleAsked(content), nonce),
        // What is wrong with the form is said in the form.
        run: (proof) => submit.mutateAsync({ ...content, proof }).catch(unlessOfForm),
      })
  }
  const organisations = useOrganisationChoices(
    kind === 'grant-role' ? 'grant-role' : 'create-account',
    kind === 'grant-role' ? ['nation', 'network', 'region', 'departement', 'structure'] : levels,
  )
  const accounts = useAccountChoices(kind === 'reinstate' ? 'suspended' : 'active')
  return (
    <div className="page" style={{ maxWidth: 720 }}>
      <h1>{t(`filing.title.${kind}`)}</h1>
      <p className="soft" style={{ margin: 0 }}>
        {t(kind === 'create-account' ? 'filing.intro' : 'filing.introChange')}
      </p>
      <form ref={form} className="card stack tight" onSubmit={send} noValidate>
        {kind === 'create-account' ? (
          <>
            <SearchSelect
              label={t('filing.organisation')}
              description={t('filing.organisationHint')}
              placeholder={t('filing.typeToSearch')}
              nothing={t('shell.noResult')}
              value={draft.organisationId}
              // Another place has other profiles.
              onChange={(organisationId) => set({ organisationId, profile: '' })}
              useChoices={organisations}
              error={text.of('organisationId')}
            />
            <CreateAccountFields organisationId={draft.organisationId} typed={draft} set={set} errorOf={text.of} />
          </>
        ) : (
          <SearchSelect
            label={t('filing.account')}
            placeholder={t('filing.typeToSearch')}
            nothing={t('shell.noResult')}
            value={draft.accountId}
            // What was typed for one person is not asked for another.
            onChange={(accountId) => set({ accountId, email: '', phone: '' })}
            useChoices={accounts}
            error={text.of('accountId')}
          />
        )}
        {kind === 'change-contact' ? <ContactFields onRecord={contact} typed={draft} set={set} errorOf={text.of} /> : null}
        {kind === 'grant-role' ? (
          <>
            <NativeSelect
              label={t('filing.role')}
              value={draft.role}
              onChange={(event) => set({ role: roles.find((one) => one === event.currentTarget.value) ?? roles[0] })}
              data={roles.map((one) => ({ value: one, label: t(`role.${one}`) }))}
              error={text.of('role')}
            />
            <SearchSelect
              label={t('filing.over')}
              placeholder={t('filing.typeToSearch')}
              nothing={t('shell.noResult')}
              value={draft.organisationId}
              onChange={(organisationId) => set({ organisationId })}
              useChoices={organisations}
              error={text.of('organisationId')}
            />
          </>
        ) : null}
        <Textarea
          label={t('filing.justification')}
          autosize
          minRows={2}
          maxLength={500}
          value={draft.justification}
          onChange={(event) => set({ justification: event.currentTarget.value })}
          error={text.of('justification')}
        />
        {text.rest ? (
          <div className="notice danger" role="alert">
            {text.rest}
          </div>
        ) : null}
        <div className="row" style={{ marginTop: 8 }}>
          <Button
            type="submit"
            loading={submit.isPending}
            disabled={kind === 'change-contact' && draft.accountId !== null && !contact.email}
          >
            {t('filing.submit')}
          </Button>
          <Button variant="subtle" onClick={() => router.history.back()}>
            {t('common.cancel')}
          </Button>
        </div>
      </form>
      {dialog}
    </div>
  )
}
