import { z } from 'zod'
import { Refused } from '../../kernel/refused.ts'
import { keyFor, seal, unseal } from '../../kernel/secrets.ts'

/** Long enough to sign in elsewhere, and no longer. */
const flowMinutes = 10

const asked = z.strictObject({ state: z.string(), nonce: z.string(), verifier: z.string() })

/** Where a sign-in elsewhere stands: begun, or answered by somebody who is about to link it to the account they are signed in to. */
const flow = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('begun'), provider: z.string(), linking: z.boolean(), asked, at: z.number() }),
  z.strictObject({
    step: z.literal('answered'),
    sessionId: z.string(),
    state: z.string(),
    issuer: z.string(),
    subject: z.string(),
    at: z.number(),
  }),
])
export type Flow = z.infer<typeof flow>

/** The one cookie it is kept in, sealed: a browser that did not begin it cannot end it, and no page reads it. */
export type FlowCookie = { readonly sealed: string | null; readonly keep: (sealed: string | null) => void }

export const keepFlow = (key: Buffer, cookie: FlowCookie, kept: Flow): void =>
  cookie.keep(seal(keyFor(key, 'sign-in'), JSON.stringify(kept)))

const opened = (key: Buffer, sealed: string): Flow | null => {
  try {
    return flow.parse(JSON.parse(unseal(keyFor(key, 'sign-in'), sealed)))
  } catch {
    return null
  }
}

/** What this browser began, at the step it is to be at. */
export const flowAt = <S extends Flow['step']>(key: Buffer, { sealed }: FlowCookie, step: S): Extract<Flow, { step: S }> => {
  const found = sealed === null ? null : opened(key, sealed)
  if (found?.step !== step || Date.now() - found.at > flowMinutes * 60_000) throw new Refused('sign-in-stale')
  return found as Extract<Flow, { step: S }>
}
