import { enterThrough } from '@countersign/server/features/identities/enter.ts'
import { link } from '@countersign/server/features/identities/link.ts'
import { nobody } from '@countersign/server/kernel/actor.ts'
import { runCommitted } from '@countersign/server/kernel/commit.ts'
import { newToken } from '@countersign/server/kernel/secrets.ts'
import { identityNamed, roleAsked } from '@countersign/shared/access/proof.ts'
import { sealAll } from './bundle.ts'
import { proving } from './caller.ts'
import { foundSmall, openSmall, type Small } from './small-network.ts'

const turns = 36

/** Bruno links an identity elsewhere, and comes in by it once. */
export const comesInElsewhere = async ({ db, second, phone }: Small, subject = 'bruno'): Promise<void> => {
  const identity = { issuer: 'https://provider.example', subject }
  await runCommitted(
    link(proving),
    { db, actor: second.person, origin: { channel: 'web', sessionId: second.sessionId } },
    {
      answered: { ...identity, sessionId: second.sessionId, state: newToken() },
      proof: await phone.act(second, 'link-identity', identityNamed(identity)),
    },
  )
  await enterThrough(
    { db, actor: nobody, origin: { channel: 'web' } },
    { secondFactor: { acr: [], amr: ['mfa'] } },
    { subject, through: { issuer: identity.issuer, acr: null, amr: ['mfa'] } },
    newToken(),
  )
}

/** A network of one structure from its founding on: some three hundred entries of every kind that gives or takes, under some thirty checkpoints. */
export const openSmallLog = async () => {
  const founded = await foundSmall()
  const small = await openSmall(founded)
  const { db, anne, bruno, born, person, phone, second, signed, at } = small
  await comesInElsewhere(small)
  const justification = 'Comme convenu'
  for (let turn = 0; turn < turns; turn += 1) {
    const [asker, signer] = turn % 2 === 0 ? [anne, bruno] : [bruno, anne]
    const accountId = await born(asker, signer)
    if (turn % 3 === 0) {
      await asker.accounts.suspend({ accountIds: [accountId] })
      await signed(signer, (await asker.requests.submit({ kind: 'reinstate', accountId, justification })).id)
    }
    if (turn % 5 === 0) {
      const asked = { accountId, role: 'auditor' as const, organisationId: at('structure') }
      const proof = asker === bruno ? await phone.act(second, 'ask-role', roleAsked(asked)) : undefined
      await signed(signer, (await asker.requests.submit({ kind: 'grant-role', ...asked, justification, ...(proof ? { proof } : {}) })).id)
    }
    // More than a tenth of the structure would be a mass revocation.
    if (turn >= turns - 2) await signer.accounts.revoke({ accountIds: [accountId] })
    if (turn % 4 === 3) {
      const asked = person()
      const { id } = await asker.requests.submit(asked)
      await asker.requests.edit({ requestId: id, content: { ...asked, givenName: 'Agente' } })
      if (turn % 8 === 3) await asker.requests.cancel({ requestId: id })
      else await signed(signer, id)
    }
    await sealAll(db)
  }
  return {
    ...small,
    close: async () => {
      await small.close()
      await founded.forget()
    },
  }
}

export type SmallLog = Awaited<ReturnType<typeof openSmallLog>>
