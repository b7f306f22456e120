import type { Proof } from '@countersign/shared/access/proof.ts'
import { Button, Modal, TextInput } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { IconFingerprint } from '@tabler/icons-react'
import { useMutation, useSuspenseQuery } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { dismissed, passkeysKnown, signText } from '../lib/passkey.ts'
import { sentenceOf } from '../lib/toast.ts'
import { client, type Outputs, trpc } from '../lib/trpc.ts'

type Factors = NonNullable<Outputs['sessions']['current']['person']>['factors']

export type Asking = {
  readonly title: string
  /** What is about to be done, shown above the proof. */
  readonly about: ReactNode
  /** The label of the deed. */
  readonly confirm: string
  readonly color?: string
  /** The text a passkey signs; with the nonce that was given with what is shown, where one was. */
  readonly textOf: (nonce: string) => string | Promise<string>
  readonly nonce?: string
  readonly run: (proof: Proof) => Promise<unknown>
  /** Pressed again, the key that opened the dialog confirms it. */
  readonly hotkey?: string
}

/** What this person can prove themselves with, as the server knows it. */
export const useFactors = (): { readonly factors: Factors | null; readonly rpId: string; readonly none: boolean } => {
  const { data } = useSuspenseQuery(trpc.sessions.current.queryOptions(undefined, { staleTime: 60_000 }))
  const factors = data.person?.factors ?? null
  return {
    factors,
    rpId: data.person?.relyingParty ?? '',
    none: !factors || (!factors.code && !factors.password && factors.passkeys.length === 0),
  }
}

/** By what it is asked first: a passkey where there is one, else a code. */
const firstOf = (factors: Factors): Proof['kind'] => {
  if (factors.passkeys.length > 0 && passkeysKnown()) return 'passkey'
  return factors.code || factors.password || factors.passkeys.length > 0 ? 'code' : 'none'
}

const useProving = ({ textOf, nonce, run }: Asking, done: () => void) => {
  const { factors, rpId } = useFactors()
  const first = factors ? firstOf(factors) : 'none'
  const [kind, setKind] = useState<Proof['kind']>(first)
  const [typed, setTyped] = useState('')
  const proofOf = async (): Promise<Proof> => {
    const given = nonce ?? (await client.passkeys.nonce.query())
    if (kind === 'passkey') return signText(await textOf(given), given, { rpId, credentialIds: factors?.passkeys ?? [] })
    return kind === 'code' ? { kind, nonce: given, code: typed.trim() } : { kind: 'none', nonce: given }
  }
  const proving = useMutation({ mutationFn: async () => run(await proofOf()), onSuccess: done })
  return { kind, first, setKind, typed, setTyped, proving, factors }
}

const ProofForm = ({ asking, done }: { asking: Asking; done: () => void }) => {
  const { t } = useTranslation()
  const { kind, first, setKind, typed, setTyped, proving, factors } = useProving(asking, done)
  const ready = kind === 'passkey' || kind === 'none' || typed.trim().length >= 6
  const confirm = () => ready && !proving.isPending && proving.mutate()
  // A key that is held down repeats itself: it opened the window, and must not answer in it.
  useHotkeys(asking.hotkey ? [[asking.hotkey, (event) => !event.repeat && confirm()]] : [])
  const send = (event: FormEvent) => {
    event.preventDefault()
    confirm()
  }
  const other = kind === 'passkey' ? (factors?.code ? 'code' : null) : first === 'passkey' ? 'passkey' : null
  const { error } = proving
  return (
    <form className="stack" onSubmit={send} noValidate>
      {asking.about}
      {kind === 'code' ? (
        <TextInput
          label={t('proof.code')}
          autoComplete="one-time-code"
          maxLength={40}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          data-autofocus
        />
      ) : null}
      <p className="soft small" style={{ margin: 0 }}>
        {t(kind === 'passkey' && !asking.nonce ? 'proof.hint.act' : `proof.hint.${kind}`)}
      </p>
      {error ? (
        <div className="notice danger" role="alert">
          {dismissed(error) ? t('proof.dismissed') : sentenceOf(error)}
        </div>
      ) : null}
      <div className="row wrap">
        <Button
          type="submit"
          {...(asking.color ? { color: asking.color } : {})}
          loading={proving.isPending}
          disabled={!ready}
          {...(kind === 'passkey' ? { leftSection: <IconFingerprint size={18} />, 'data-autofocus': true } : {})}
          {...(kind === 'none' ? { 'data-autofocus': true } : {})}
          {...(asking.hotkey ? { rightSection: <kbd>{asking.hotkey.toUpperCase()}</kbd> } : {})}
        >
          {asking.confirm}
        </Button>
        {other ? (
          <Button variant="default" onClick={() => setKind(other)}>
            {t(`proof.other.${other}`)}
          </Button>
        ) : null}
        <Button variant="subtle" onClick={done}>
          {t('common.cancel')}
        </Button>
      </div>
    </form>
  )
}

/** Asks, in a window of its own, whether it is still they; what is refused is said there, and nothing typed is lost. */
export const ProofDialog = ({ asking, onClose }: { asking: Asking | null; onClose: () => void }) => {
  const { t } = useTranslation()
  return (
    <Modal
      opened={asking !== null}
      onClose={onClose}
      title={asking?.title}
      size="lg"
      // The page has its banner; this is the heading of a window.
      attributes={{ header: { role: 'presentation' } }}
      closeButtonProps={{ 'aria-label': t('common.close') }}
      overlayProps={{ backgroundOpacity: 0.45 }}
    >
      {asking ? <ProofForm asking={asking} done={onClose} /> : null}
    </Modal>
  )
}

/** Runs an act behind a proof; at once where this person has nothing to prove themselves with, which only the demo's people have not. */
export const useProof = () => {
  const { none, factors } = useFactors()
  const [asking, setAsking] = useState<Asking | null>(null)
  return {
    none,
    factors,
    ask: setAsking,
    dialog: <ProofDialog asking={asking} onClose={() => setAsking(null)} />,
  }
}
