import { provesTwo } from '@countersign/shared/access/provider.ts'
import type { Nobody } from '../../kernel/actor.ts'
import { type Context, runCommitted } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { type SignInAnswer, signIn } from '../sessions/sign-in.ts'
import { identities } from './identities.store.ts'
import type { Known, Provider } from './providers.ts'

/**
 * Opens a session for whoever a provider knows, if that identity was linked to an account before; no account is ever made here. Where the
 * provider saw one factor and the account has two, one is not enough.
 */
export const enterThrough = async (
  context: Context<Nobody>,
  { secondFactor }: Pick<Provider, 'secondFactor'>,
  { subject, through }: Known,
  state: string,
): Promise<SignInAnswer> => {
  const found = await identities.forSignIn(context.db, { issuer: through.issuer, subject })
  if (!found) throw new Refused('identity-unknown')
  const two = provesTwo(through, secondFactor)
  const proof = !two && found.secondFactor ? ({ wrong: 'provider-one-factor' } as const) : null
  const factor = { kind: two ? 'provider-two-factor' : 'provider', id: found.id, state, through } as const
  return runCommitted(signIn, context, { ...found, proof: proof ?? { factor } })
}
