import type { DomainEvent } from '@countersign/shared/events.ts'
import { v7 as uuid } from 'uuid'
import type { Nobody } from '../../kernel/actor.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { accounts } from '../accounts/accounts.store.ts'
import { links } from '../links/links.store.ts'
import { organisations } from '../organisations/organisations.store.ts'
import { policies } from '../policy/policy.store.ts'
import { grants } from '../requests/grants.store.ts'
import { founding } from './founding.store.ts'

export type Founder = {
  readonly givenName: string
  readonly familyName: string
  readonly login: string
  readonly email: string
  readonly phone: string
  readonly organisationId: string
  readonly endsOn: string
}
export type FoundInput = { readonly founders: readonly [Founder, Founder]; readonly nationId: string }

/**
 * The one moment before anybody could countersign: two people at once, never one, on a database without accounts. Each gets a
 * single-use link. Both own the policy and supervise the nation until they have named supervisors; neither can do anything alone.
 */
export const found: Operation<FoundInput, readonly string[], Nobody> = async ({ tx, now }, { founders, nationId }) => {
  const nation = await organisations.find(tx, nationId)
  if (!nation) throw new Refused('organisation-unknown')
  if (await founding.done(tx)) throw new Refused('already-in-state')

  const requestId = await founding.request(tx, { founders: founders.map(({ login }) => login), nation, now })
  const rows = await Promise.all(
    founders.map(async (founder) => {
      const home = await organisations.find(tx, founder.organisationId)
      if (!home) throw new Refused('organisation-unknown')
      return {
        id: uuid(),
        ...founder,
        ...home.place,
        // Who governs accounts needs nobody's file for it.
        profileId: 'without-files' as const,
        reach: 0,
        status: 'active' as const,
        statusChangedAt: now,
        createdByRequestId: requestId,
        authorisedByRequestId: requestId,
        createdAt: now,
      }
    }),
  )
  await accounts.createAll(tx, rows)
  for (const { id } of rows) {
    for (const role of ['policy-owner', 'supervisor'] as const)
      await grants.give(tx, { accountId: id, role, organisationId: nationId, requestId, now })
    await links.make(tx, { kind: 'invitation', accountId: id, requestId, now })
  }

  const events: DomainEvent[] = [
    {
      type: 'network.founded',
      subject: requestId,
      organisation: nationId,
      data: { founders: rows.length, policy: await policies.inForce(tx) },
    },
    ...rows.flatMap(({ id, organisationId, profileId, reach }): DomainEvent[] => [
      { type: 'account.created', subject: id, organisation: organisationId, data: { requestId, profile: profileId, reach } },
      { type: 'role.granted', subject: id, organisation: organisationId, data: { requestId, role: 'policy-owner', over: nationId } },
      { type: 'role.granted', subject: id, organisation: organisationId, data: { requestId, role: 'supervisor', over: nationId } },
    ]),
  ]
  return { value: rows.map(({ id }) => id), events: told(events) }
}
