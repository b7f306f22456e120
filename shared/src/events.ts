import type { Act, Assertion, Assurance } from './access/proof.ts'
import type { SignedInThrough } from './access/provider.ts'
import type { Role } from './access/roles.ts'
import type { AccountStatus, EndReason } from './accounts/status.ts'
import type { SealFault } from './audit/sealing.ts'
import type { BulkStep, BulkVerb } from './bulks/bulk.ts'
import type { Goal } from './policy/attempts.ts'
import type { Policy } from './policy/policy.ts'
import type { Demand } from './policy/rules.ts'
import type { RefusalCode } from './refusals.ts'
import type { RequestKind } from './requests/kinds.ts'
import type { CallBackOutcome, VoidReason } from './requests/status.ts'
import type { Terms } from './requests/terms.ts'
import type { Severity, SignalRule } from './signals/finding.ts'

/** What an ended access took along, counted: the numbers of the toast and of the mail are these. */
export type Ended = {
  readonly sessions: number
  readonly links: number
  readonly requestsVoided: number
  readonly approvalsVoided: number
}

export type RequestFact = { readonly reference: number; readonly kind: RequestKind; readonly accountId: string | null }

/** What a passkey signed, and the passkey: enough for anybody to check it with the log alone, where `passkey.added` says whose it is. */
export type SignedWith = Assertion & { readonly passkeyId: string; readonly publicKey: string; readonly nonce: string }

/** Under a decision: how sure it is who took it, the hash of the requirement they saw, and how long they looked at it, where that is known. */
export type Underwritten = {
  readonly assurance: Assurance
  /** Through which provider they had signed in, and how; nothing where they had signed in here. */
  readonly through?: SignedInThrough
  readonly requirementHash: string
  readonly seconds: number | null
  readonly signed: SignedWith | null
}

/**
 * Every fact the audit can hold, and what each one tells beside who, when and about whom. Ids and codes only, so that an
 * exported audit shows what was done without spreading the data it was done to; `request.submitted` points at the content by its hash.
 */
export type EventData = {
  /** With the policy it begins under: from there on every other is told by its request. */
  'network.founded': { founders: number; policy: Policy }
  'organisations.imported': { created: number; changed: number; fileHash: string }
  'organisation.created': { externalId: string }
  'organisation.changed': { before: Record<string, string | number | null>; after: Record<string, string | number | null> }
  'request.submitted': RequestFact & {
    contentHash: string
    approvalsNeeded: number
    approverRoles: readonly Role[]
    demand: Demand
    terms: Terms
    channel: 'operator' | 'public'
    thirdReader?: true
  }
  'request.edited': RequestFact & { before: string; after: string; approvalsNeeded: number; terms: Terms; approvalsVoided: number }
  'request.cancelled': RequestFact
  'request.approval-given': RequestFact & Underwritten & { contentHash: string }
  'request.approval-voided': RequestFact & { approverId: string; reason: VoidReason }
  'request.found-dependent': RequestFact & { approverId: string }
  'request.executed': RequestFact & { contentHash: string }
  'request.held': RequestFact & { approvalsNeeded: number }
  'request.reminded': RequestFact & { wide: boolean; told: readonly string[] }
  'request.widened': RequestFact & { told: readonly string[] }
  'absence.announced': { absenceId: string; from: string; until: string; delegateId: string | null }
  'absence.withdrawn': { absenceId: string }
  'request.rejected': RequestFact & { reason: string; contentHash?: string } & Partial<Underwritten>
  'request.expired': RequestFact
  'request.voided': RequestFact & { reason: VoidReason }
  'request.called-back': RequestFact & { outcome: CallBackOutcome; note: string }
  // Beside this one, and those about its contact, the database puts a hash of who the account is and where they are reached.
  'account.created': { requestId: string; profile: string; reach: number }
  'account.reset': { requestId: string; sessions: number }
  'account.contact-changed': { requestId: string; email: boolean; phone: boolean }
  'account.contact-restored': { requestId: string }
  'account.suspended': Ended & { before: string; after: string; cause: string; bulkId?: string }
  'account.revoked': Ended & { before: string; after: string; cause: string; bulkId?: string }
  'account.reinstated': { requestId: string; before: string; after: string; bulkId?: string }
  'account.ending-undone': { before: string; after: string }
  'account.ending-confirmed': { status: AccountStatus }
  'account.locked-out': Ended & { cause: string }
  'account.ending-explained': { reason: EndReason; note: string }
  'account.enrolled': { linkId: string; factors: readonly string[] }
  'bulk.previewed': { verb: BulkVerb; from: string; change: number; already: number; refused: number; unknown: number }
  'bulk.started': {
    verb: BulkVerb
    step: BulkStep
    accounts: number
    listHash: string
    mass: boolean
    justification: string
    told: readonly string[]
  }
  'bulk.advanced': { done: number; skipped: number; left: number }
  'bulk.paused': { left: number }
  'bulk.resumed': { left: number }
  'bulk.halted': { why: string; left: number }
  'bulk.reported': { reportHash: string | null }
  'bulk.asked': { requestId: string; accounts: number; listHash: string; told: readonly string[] }
  'bulk.countersigned': { requestId: string }
  'bulk.stopped': { reason: 'operator' | 'orderer-out'; left: number; reportHash: string }
  'bulk.finished': { done: number; skipped: number; reportHash: string }
  'incident.opened': { suspectId: string; since: string; reached: number; contained: number; bulkId: string | null }
  'incident.filed': { suspectId: string; since: string; reached: number; contained: number; bulkId: string | null }
  'incident.noted': { note: string }
  'incident.dated': { before: string; after: string }
  'incident.notified': { at: string; reference: string }
  'incident.closed': { note: string }
  'incident.reopened': { note: string }
  'incident.exported': { format: string }
  'signal.raised': { rule: SignalRule; severity: Severity; accountId: string | null; facts: readonly string[]; told: readonly string[] }
  'signal.recurred': { rule: SignalRule; severity: Severity; accountId: string | null; facts: readonly string[]; told: readonly string[] }
  'signal.accepted': { rule: SignalRule; accountId: string | null; until: string; note: string }
  'signal.snoozed': { rule: SignalRule; accountId: string | null; until: string }
  'canary.placed': Record<string, never>
  'canary.lifted': Record<string, never>
  'view.saved': { shared: boolean }
  'view.removed': Record<string, never>
  'role.granted': { requestId: string; role: Role; over: string }
  'role.revoked': { role: Role; over: string }
  'link.disowned': { linkId: string }
  'passkey.added': {
    passkeyId: string
    credentialId: string
    publicKey: string
    synced: boolean
    via: 'link' | 'session'
    assurance: Assurance | null
  }
  'passkey.removed': { passkeyId: string; assurance: Assurance; sessions: number }
  'proof.given': { act: Act; on: string; assurance: Assurance; signed: SignedWith | null }
  'identity.linked': { identityId: string; issuer: string; subject: string; assurance: Assurance }
  'identity.unlinked': { identityId: string; issuer: string; subject: string; assurance: Assurance; sessions: number }
  'session.opened': { sessionId: string; method: string; newDevice?: true; through?: SignedInThrough }
  'session.closed': { sessionId: string }
  'sign-in.failed': { failures: number }
  'accounts.exported': { count: number; filter: string }
  'audit.exported': { format: string; filter: string }
  'console.suspended': { accounts: number; because: string; told: readonly string[] }
  'seal.broken': { position: number; fault: SealFault; told: readonly string[] }
  'collusion.one-enough': { organisations: readonly string[]; goals: readonly Goal[]; told: readonly string[] }
  'policy.set': { requestId: string; before: Policy; after: Policy }
  'audit.retention-set': { monthsBefore: number; months: number; note: string }
  'audit.month-dropped': { until: string; entries: number; messages: number; unsent: number }
  'attempt.refused': { operation: string; code: RefusalCode; target: string | null }
}

export type EventType = keyof EventData

/** The catalogue, for filters; `satisfies` below makes the compiler find the missing line. */
const catalogue = {
  'network.founded': true,
  'organisations.imported': true,
  'organisation.created': true,
  'organisation.changed': true,
  'request.submitted': true,
  'request.edited': true,
  'request.cancelled': true,
  'request.approval-given': true,
  'request.approval-voided': true,
  'request.found-dependent': true,
  'request.executed': true,
  'request.held': true,
  'request.reminded': true,
  'request.widened': true,
  'absence.announced': true,
  'absence.withdrawn': true,
  'request.rejected': true,
  'request.expired': true,
  'request.voided': true,
  'request.called-back': true,
  'account.created': true,
  'account.reset': true,
  'account.contact-changed': true,
  'account.contact-restored': true,
  'account.suspended': true,
  'account.revoked': true,
  'account.reinstated': true,
  'account.ending-undone': true,
  'account.ending-confirmed': true,
  'account.locked-out': true,
  'account.ending-explained': true,
  'account.enrolled': true,
  'bulk.previewed': true,
  'bulk.started': true,
  'bulk.advanced': true,
  'bulk.paused': true,
  'bulk.resumed': true,
  'bulk.halted': true,
  'bulk.reported': true,
  'bulk.asked': true,
  'bulk.countersigned': true,
  'bulk.stopped': true,
  'bulk.finished': true,
  'incident.opened': true,
  'incident.filed': true,
  'incident.noted': true,
  'incident.dated': true,
  'incident.notified': true,
  'incident.closed': true,
  'incident.reopened': true,
  'incident.exported': true,
  'signal.raised': true,
  'signal.recurred': true,
  'signal.accepted': true,
  'signal.snoozed': true,
  'canary.placed': true,
  'canary.lifted': true,
  'view.saved': true,
  'view.removed': true,
  'role.granted': true,
  'role.revoked': true,
  'link.disowned': true,
  'passkey.added': true,
  'passkey.removed': true,
  'proof.given': true,
  'identity.linked': true,
  'identity.unlinked': true,
  'session.opened': true,
  'session.closed': true,
  'sign-in.failed': true,
  'accounts.exported': true,
  'audit.exported': true,
  'console.suspended': true,
  'seal.broken': true,
  'collusion.one-enough': true,
  'policy.set': true,
  'audit.retention-set': true,
  'audit.month-dropped': true,
  'attempt.refused': true,
} as const satisfies Record<EventType, true>

export const eventTypes = Object.keys(catalogue) as [EventType, ...EventType[]]

/** One fact: what happened, to whom or what, where. Who and when are added by the kernel and by nobody else. */
export type DomainEvent = {
  [T in EventType]: {
    readonly type: T
    readonly subject: string
    readonly organisation: string | null
    readonly data: EventData[T]
    readonly actorId?: never
    readonly at?: never
    readonly origin?: never
  }
}[EventType]

export const lineageKinds = ['asked', 'countersigned', 'reset', 'changed-contact', 'granted-role', 'reinstated'] as const
export type LineageKind = (typeof lineageKinds)[number]

/** The hands that make people dependent (P2): whoever had one in somebody could control them. */
export const tyingKinds = ['asked', 'reset', 'changed-contact', 'granted-role'] as const satisfies readonly LineageKind[]

/** An edge of the family tree of accounts: who had which hand in whom. */
export type LineageEdge = {
  readonly kind: LineageKind
  readonly from: string
  readonly to: string
  readonly requestId: string
}
