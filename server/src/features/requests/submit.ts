import { type Proof, roleAsked } from '@countersign/shared/access/proof.ts'
import type { Actor, Place } from '@countersign/shared/access/scope.ts'
import type { NetworkKind, ProfileId } from '@countersign/shared/accounts/profiles.ts'
import type { FormContent } from '@countersign/shared/requests/content.ts'
import { type FilingCase, objectionsToFiling } from '@countersign/shared/requests/filing.ts'
import { contactHoldsUntil, leadsIn } from '@countersign/shared/requests/requirement.ts'
import { readersMore } from '@countersign/shared/signals/breaker.ts'
import { isValidPhoneNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { type Operation, told } from '../../kernel/commit.ts'
import type { Tx } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { accounts } from '../accounts/accounts.store.ts'
import { logins } from '../accounts/logins.store.ts'
import { links } from '../links/links.store.ts'
import { organisations } from '../organisations/organisations.store.ts'
import { type Proving, proveForAct, type Unproven } from '../sessions/prove-again.ts'
import { breaker } from './breaker.store.ts'
import { tooFewPresent } from './escalate.ts'
import { requestSubmitted, requestVoided } from './facts.ts'
import { grants } from './grants.store.ts'
import { requests } from './requests.store.ts'
import { type AboutToBeHeld, requirementNow } from './require.ts'
import { subjects } from './subjects.store.ts'
import { timesOf, todayInParis } from './working-hours.ts'

export type Filing = { readonly content: FormContent; readonly proof?: Proof | undefined }
export type Submitted = { readonly id: string; readonly reference: number }

/** Phone numbers are kept as E.164; one typed the French way is read as French. */
const withPlainPhone = (content: FormContent): FormContent => {
  if (content.kind !== 'create-account' && content.kind !== 'change-contact') return content
  const parsed = parsePhoneNumberFromString(content.phone, 'FR')
  return parsed?.isValid() ? { ...content, phone: parsed.number } : content
}

export type Prepared = {
  readonly content: FormContent
  readonly subjectId: string | null
  readonly organisationId: string
  readonly place: Place
  readonly network: NetworkKind | null
  readonly profiles: readonly ProfileId[]
  readonly contactChangedAt: Date | null
}

/** Everything the rules of filing ask about the content, looked up. A login of one's own pending request is not taken. */
const look = async (tx: Tx, actor: Actor | 'public', content: FormContent, now: Date, ownLogin: string | null) => {
  const subject = content.kind === 'create-account' ? null : await subjects.find(tx, content.accountId)
  const homeId = content.kind === 'create-account' ? content.organisationId : subject?.organisationId
  if (content.kind === 'create-account') await logins.hold(tx, content.login)
  const home = homeId ? await organisations.find(tx, homeId) : null
  if (!home) throw new Refused('not-found')
  const granted = content.kind === 'grant-role' ? await organisations.find(tx, content.organisationId) : null
  const filing: FilingCase = {
    actor,
    content,
    place: home.place,
    level: (granted ?? home).level,
    network: home.network,
    conventionEndsOn: home.conventionEndsOn,
    today: todayInParis(now),
    loginTaken: content.kind === 'create-account' && content.login !== ownLogin && (await logins.taken(tx, content.login)),
    phoneValid: !('phone' in content) || isValidPhoneNumber(content.phone),
    account: subject,
    grantPlace: granted?.place ?? null,
    roleHeld: content.kind === 'grant-role' && (await grants.held(tx, content)),
  }
  return { filing, subject, home }
}

/** Holds the content against every rule of filing; refuses with each objection at its field. */
export const prepare = async (
  tx: Tx,
  actor: Actor | 'public',
  asked: FormContent,
  now: Date,
  ownLogin: string | null = null,
): Promise<Prepared> => {
  const content = withPlainPhone(asked)
  const { filing, subject, home } = await look(tx, actor, content, now, ownLogin)
  const objections = objectionsToFiling(filing)
  const [first] = objections
  // Outside scope says exactly what is said of what does not exist.
  if (first?.refusal === 'out-of-scope') throw new Refused('not-found', subject?.id ?? home.id)
  if (first) throw new Refused(first.refusal, subject?.id ?? home.id, objections)
  return {
    content,
    subjectId: subject?.id ?? null,
    organisationId: home.id,
    place: home.place,
    network: home.network,
    profiles: content.kind === 'create-account' ? [content.profile] : subject ? [subject.profileId] : [],
    contactChangedAt: subject?.contactChangedAt ?? null,
  }
}

/** As the policy sees it. */
export const asAsked = ({ content, network, place, profiles, subjectId }: Prepared, requesterId: string | null): AboutToBeHeld => ({
  kind: content.kind,
  network,
  place,
  profiles,
  role: content.kind === 'grant-role' ? content.role : null,
  requesterId,
  subjectId,
})

/** Holds a prepared request: its requirement and its deadline are frozen here and by nobody later (P3). */
export const hold = async (
  tx: Tx,
  prepared: Prepared,
  by: { requesterId: string | null; device: string | null; channel: 'operator' | 'public'; now: Date },
) => {
  const { content, subjectId } = prepared
  const pending = subjectId ? await requests.pendingOn(tx, subjectId, content.kind) : null
  // What nobody known asked must not stand in the way of what somebody asks under their name.
  const superseded = pending?.requesterId === null && by.requesterId !== null ? pending : null
  if (pending && !superseded) throw new Refused('one-pending-already', subjectId)
  if (superseded) await requests.decide(tx, superseded.id, { status: 'voided', by: by.requesterId, now: by.now, reason: 'superseded' })
  const usual = await requirementNow(tx, asAsked(prepared, by.requesterId))
  // The public page has nobody behind it to have a pace.
  const bursts = by.requesterId ? await breaker.bursts(tx, by.requesterId, prepared.place.structureId) : []
  const more = readersMore(content.kind, bursts, by.now)
  const requirement = { ...usual, approvalsNeeded: usual.approvalsNeeded + more }
  const times = timesOf(by.now, usual.demand, contactHoldsUntil(content.kind, prepared.contactChangedAt))
  const alone = await tooFewPresent(tx, { ...prepared, ...requirement, except: [by.requesterId, subjectId] })
  const filed = await requests.file(tx, { ...prepared, ...requirement, ...by, ...times, ...(alone ? { widensAt: by.now } : {}) })
  // Whoever asked, the person is told, and may say "this was not me".
  if (subjectId && leadsIn(content.kind)) await links.make(tx, { kind: 'disown', accountId: subjectId, requestId: filed.id, now: by.now })
  const { organisationId } = prepared
  const event = requestSubmitted({ filed, content, subjectId, organisationId, requirement, channel: by.channel, thirdReader: more > 0 })
  return { filed, events: told([event, ...(superseded ? [requestVoided(superseded, 'superseded')] : [])]) }
}

/** Asks. Nothing exists yet but the request itself. */
export const submit =
  (proving: Proving): Operation<Filing, Submitted | Pick<Unproven, 'refusal'>> =>
  async (work, { content, proof }) => {
    const { tx, actor, now } = work
    if (content.kind !== 'create-account') await accounts.lockAll(tx, [content.accountId])
    const prepared = await prepare(tx, actor, content, now)
    // Who asks for a role proves that it is they: a session that was left open asks for none.
    const proven =
      content.kind === 'grant-role' ? await proveForAct(work, proving, proof, { act: 'ask-role', on: roleAsked(content) }) : null
    if (proven && 'refusal' in proven) return { value: { refusal: proven.refusal }, events: [proven.event] }
    const { filed, events } = await hold(tx, prepared, { requesterId: actor.id, device: actor.device, channel: 'operator', now })
    return { value: { id: filed.id, reference: filed.reference }, events: told([...(proven ? [proven.given] : []), ...events]) }
  }
