#!/usr/bin/env node
/**
 * countersign-verify: checks an exported audit without trusting who exported it, their program or their database.
 *
 *   node countersign-verify.mjs BUNDLE-OR-PROOF --key LINE [--witness LINE]... [--checkpoints FILE]... [--partial]
 *
 * One file, Node 20 or newer, no dependency, no network; it shares no line with the product. Give it the log's public key as you were
 * given it when the log began, the keys of the witnesses you trust, and the checkpoints you have kept (a signed note, or the file the
 * product writes them to). It answers in sentences; exit code 0 where all of it holds, 1 where something does not, 2 where it could not look.
 *
 * What it recomputes: every leaf (SHA-256 over the RFC 8785 text of the entry, RFC 6962), every root a checkpoint names, every signature
 * of log (c2sp.org/signed-note) and witness (c2sp.org/tlog-cosignature); every countersignature by passkey (WebAuthn level 3, section 7.2)
 * over the very text that was decided; who gave birth to every account, who reset it, gave it a role or let it back in, whether those
 * were enough, distinct and independent people, and whether what was done is what was asked for; and the state of every account.
 */
import { createHash, createPublicKey, verify } from 'node:crypto'
import { createReadStream, readFileSync, realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createGunzip } from 'node:zlib'

/** It could not be looked at all: no verdict. */
class Unreadable extends Error {}

const hour = 60 * 60 * 1000
const day = 24 * hour
/** An instant as the bundle writes it, in milliseconds; not a number where it is anything else. */
const instantOf = (text) => (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(text) ? Date.parse(text) : Number.NaN)
/** Related by lineage within so many days is not independent (P2). */
const leastIndependenceDays = 30
const mostIndependenceDays = 365
/** Whose countersignature may count, by kind; the policy chooses among them. */
const signers = {
  'create-account': ['supervisor', 'policy-owner'],
  'reset-credentials': ['reset-manager', 'supervisor', 'policy-owner'],
  'change-contact': ['reset-manager', 'supervisor', 'policy-owner'],
  reinstate: ['supervisor', 'policy-owner'],
  'grant-role': ['policy-owner'],
  'reinstate-bulk': ['supervisor', 'policy-owner'],
  'revoke-bulk': ['it-admin', 'supervisor', 'policy-owner'],
  'set-policy': ['policy-owner'],
}
/** Who may ask, by kind, wherever a role of theirs reaches. A reset alone may be asked for by nobody who is known, on the public page. */
const askers = {
  'create-account': ['account-manager', 'supervisor'],
  'reset-credentials': ['account-manager', 'supervisor', 'it-admin'],
  'change-contact': ['account-manager', 'supervisor', 'it-admin'],
  reinstate: ['account-manager', 'supervisor', 'it-admin', 'policy-owner'],
  'grant-role': ['supervisor', 'it-admin', 'policy-owner'],
  'reinstate-bulk': ['account-manager', 'supervisor', 'it-admin', 'policy-owner'],
  'revoke-bulk': ['supervisor', 'it-admin'],
  'set-policy': ['policy-owner'],
}
/** Who writes down what somebody said on the telephone. */
const callers = ['reset-manager']
/** What reaches the whole nation's files is never one person's to give. */
const nationwide = ['national-support']
/** An entry's place: the nation, network, region, département, structure and site it is about, as far down as it goes. */
const [networkAt, structureAt] = [1, 4]
const placesBelow = 6
/**
 * Where the role of a signer must be held, by what a stage asks; with those one level up, whose turn may have come by the time of the
 * signature (when it does is told to nobody here). `over` is the organisation of the role.
 */
const reaching = {
  covering: ({ place }, over) => place.includes(over),
  structure: ({ place }, over) => place.includes(over),
  above: ({ place }, over) => isAbove(place, over),
  network: ({ place }, over) => place.slice(0, networkAt + 1).includes(over),
  'another-structure': ({ place }, over, networkOf) =>
    isAbove(place, over) || (over !== place[structureAt] && place[networkAt] !== null && networkOf(over) === place[networkAt]),
}
const isPlace = (place) => Array.isArray(place) && place.length === placesBelow
/** A site counts as its structure. */
const isAbove = (place, over) => {
  const home = place.slice(0, structureAt + 1).findLastIndex((id) => id !== null)
  return place.slice(0, home).includes(over)
}
/** What leads into somebody's account. */
const leadsIn = ['reset-credentials', 'change-contact']
/** From 08:30 to 18:00. */
const workingDayHours = 9.5
/** A session ends by then, whatever happens in it. */
const longestSessionMilliseconds = 12 * hour
/** Kinds about one account, which must be named, and whose holder can be called back. */
const callable = ['reset-credentials', 'change-contact', 'reinstate', 'grant-role']
/** What nobody may obtain with fewer people besides the one who asks (P10), once the network has so many policy owners. */
const guarded = { 'grant-role': 2, 'set-policy': 2 }
const foundingPolicyOwners = 3
const foundersRoles = ['policy-owner', 'supervisor']
/** No reset for so long after a contact changed (MITRE T1098). */
const contactHoldMilliseconds = 72 * hour
/** And until so long after it, "this was not me" takes it back. */
const contactRestoreMilliseconds = 144 * hour
/** Why somebody is out whose credentials are forgotten, because others have used them. */
const notMe = ['disowned', 'denied-on-call-back']
/** A demand has so many stages at most, and each so many people. */
const [mostStages, mostPeople] = [3, 4]
/** Transactions whose entries may still come, while those of others are told. */
const mostOpen = 1_000
/** Whoever put somebody out may undo that very act for so long (P1), counted between the starts of two transactions. */
const undoMilliseconds = 40_000
/** Nothing leaves the audit before so long (CNIL, recommendation 2021-122). */
const leastRetentionMilliseconds = 365 * day
/** Entries of one transaction begin before it is sealed, and transactions overlap: so far may times run back. */
const toleratedMilliseconds = 15 * 60 * 1000

// ── hashes ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

const sha256 = (...parts) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
const nodeHash = (left, right) => sha256('\x01', left, right)
const rootOf = (edge) => (edge.length === 0 ? sha256() : edge.reduceRight((right, left) => nodeHash(left, right)))

/** RFC 8785: keys in order, nothing between, numbers and strings as ECMAScript writes them. */
const canonical = (value) => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Unreadable('a number in this bundle is none')
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const keys = Object.keys(value).sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`
}

// ── notes ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const spki = Buffer.from('302a300506032b6570032100', 'hex')

const readKey = (given) => {
  const line = given.replace(/^['"]|['"]$/g, '')
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(line.trim()) ?? []
  if (!name) throw new Unreadable(`this is no public key: ${line}`)
  const bytes = Buffer.from(encoded, 'base64')
  const known = sha256(`${name}\n`, bytes).subarray(0, 4)
  if (bytes.length !== 33 || bytes.toString('base64') !== encoded || known.toString('hex') !== id)
    throw new Unreadable(`the parts of this public key do not belong together: ${line}`)
  const key = createPublicKey({ key: Buffer.concat([spki, bytes.subarray(1)]), format: 'der', type: 'spki' })
  return { name, id: known, type: bytes[0], key, line: line.trim() }
}

const readNote = (whole) => {
  const at = whole.lastIndexOf('\n\n')
  const text = whole.slice(0, at + 1)
  const signatures = whole
    .slice(at + 2)
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [, name, encoded] = /^— (\S+) ([A-Za-z0-9+/]+=*)$/.exec(line) ?? []
      return name ? { name, bytes: Buffer.from(encoded, 'base64') } : null
    })
  const [, origin, size, root] = /^([^\n]+)\n(\d+)\n([A-Za-z0-9+/]{43}=)\n$/.exec(text) ?? []
  if (!origin || signatures.includes(null)) return null
  return { text, origin, size: Number(size), root: Buffer.from(root, 'base64'), signatures }
}

/** The lines that read as signatures: what stands beside a checkpoint and is none says nothing about it. */
const signatureLines = (lines) => lines.filter((line) => typeof line === 'string' && /^— \S+ [A-Za-z0-9+/]+=*\n$/.test(line)).join('')

/** When a witness says it signed. */
const signedAt = ({ signatures }, { name, id }) => {
  const { bytes } = signatures.find((one) => one.name === name && one.bytes.subarray(0, 4).equals(id))
  return new Date(Number(bytes.readBigUInt64BE(4)) * 1000).toISOString()
}

/** True where this key signed, false where one of its signatures is wrong, null where it did not sign. */
const signedBy = ({ text, signatures }, { name, id, type, key }) => {
  const own = signatures.filter((one) => one.name === name && one.bytes.subarray(0, 4).equals(id))
  if (own.length === 0) return null
  return own.every(({ bytes }) => {
    if (type === 1) return verify(null, Buffer.from(text), key, bytes.subarray(4))
    const seconds = bytes.length === 76 ? bytes.readBigUInt64BE(4) : 0n
    return bytes.length === 76 && verify(null, Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`), key, bytes.subarray(12))
  })
}

// ── what passkeys signed ─────────────────────────────────────────────────────────────────────────────────────────────────

/** The host whose passkeys count is part of the name of the log. */
const hostOf = (logName) => logName.split('/')[0]
const hex = (text) => sha256(text).toString('hex')
const decisionText = (said) => `countersign/decision/v1\n${canonical(said)}`
const actText = (said) => `countersign/act/v1\n${canonical(said)}`
const userPresent = 1
const userVerified = 4
const assurances = ['session', 'recovery-code', 'totp', 'passkey']
/** What a person signs names a number that was made for it, and says when, at most so long before. */
const nonceMilliseconds = 70 * 60 * 1000
const madeAt = (nonce) => {
  const bytes = Buffer.from(String(nonce), 'base64url')
  return bytes.length === 32 ? bytes.readUIntBE(0, 6) : Number.NaN
}

const clientDataOf = (encoded) => {
  try {
    const said = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'))
    return { type: said.type, challenge: said.challenge, host: new URL(said.origin).hostname }
  } catch {
    return null
  }
}

/** Did this public key sign that text, at this host, with its owner verified? Null where it did, else what is wrong. */
const objectionToSignature = ({ publicKey, authenticatorData, clientData, signature }, text, host) => {
  const bytes = (encoded) => Buffer.from(String(encoded), 'base64url')
  const [data, said, client] = [bytes(authenticatorData), bytes(clientData), clientDataOf(clientData)]
  if (client?.type !== 'webauthn.get') return 'is no signature of a passkey'
  if (client.challenge !== sha256(text).toString('base64url')) return 'was signed over something else'
  if (client.host !== host || data.length < 37 || !data.subarray(0, 32).equals(sha256(host))) return `was not signed at ${host}`
  if ((data[32] & userPresent) === 0 || (data[32] & userVerified) === 0) return 'was signed without its owner being verified'
  try {
    const key = createPublicKey({ key: Buffer.from(String(publicKey), 'base64'), format: 'der', type: 'spki' })
    const algorithm = key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
    return verify(algorithm, Buffer.concat([data, sha256(said)]), key, bytes(signature)) ? null : 'bears a signature that is wrong'
  } catch {
    return 'bears a signature that is wrong'
  }
}

/** The text that an entry with a passkey's signature says was signed; null for one that bears none. */
const signedText = ({ type, subjectId, data }) => {
  if (!data?.signed) return null
  const { nonce } = data.signed
  if (type === 'proof.given') return actText({ act: data.act, on: data.on, nonce })
  const decision = { 'request.approval-given': 'approve', 'request.rejected': 'reject' }[type]
  const { contentHash, requirementHash } = data
  return decision ? decisionText({ requestId: subjectId, contentHash, requirementHash, decision, nonce }) : null
}

// ── the story the entries tell, replayed ─────────────────────────────────────────────────────────────────────────────────

const short = (id) => String(id).slice(0, 8)
/** No more of what a bundle says than what it should say there. */
const brief = (text) => String(text).slice(0, 60)
const named = ({ position, entry }) =>
  position === null
    ? `the unsealed entry ${brief(entry.id)} (${brief(entry.type)})`
    : `entry ${position} (${brief(entry.id)}, ${brief(entry.type)})`

const isList = ({ kind }) => kind.endsWith('-bulk')

/** The number on record is called before anybody signs: always for a reset, and where the policy asked for it. */
const needsCall = ({ kind, demand }) =>
  kind === 'reset-credentials' || kind === 'change-contact' || (demand?.callBack === true && callable.includes(kind))

/**
 * When it was too late to answer, for certain: working hours are those of a calendar that is not here, and are counted as generously as any
 * would. What leads into an account waits after a change of its contact, and has its time then.
 */
const lastMoment = (at, { kind, demand }) => {
  if (!demand?.deadline) return Number.POSITIVE_INFINITY
  const { hours, workingHours } = demand.deadline
  const waits = Math.max((demand.coolingOffHours ?? 0) * hour, leadsIn.includes(kind) ? contactRestoreMilliseconds : 0)
  return at + waits + (Number.isFinite(hours) ? hours * hour : (2 * Math.ceil((Number(workingHours) || 0) / workingDayHours) + 7) * day)
}

/** Where a request may be signed; what was asked before policies had rules, by whoever covers its place. */
const stagesOf = ({ roles, demand }) => (Array.isArray(demand?.stages) ? demand.stages : [{ roles, level: 'covering' }])

/** An account lasts until the end of its last day, wherever that is. */
const isDay = (text) => typeof text === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(text)
const hasEnded = ({ endsOn }, at) => endsOn !== null && at > Date.parse(endsOn) + 2 * day

/** Follows requests, accounts and who had a hand in whom, entry by entry, and says where what is told could not have been allowed. */
class Story {
  requests = new Map()
  accounts = new Map()
  /** Who had a hand in whom, lately. */
  hands = new Map()
  /** Who was ever named policy owner, and when first. */
  owners = new Map()
  /** The rules in force, once they are told; and whether what was asked has stated what it needs. */
  rules = null
  /** All of the policy in force, where it was told. */
  policy = null
  demanded = false
  founded = null
  /** False where anything of before may be missing: who is not known then may have been known before. */
  whole = true
  /** Entries that make or move an account say who it is. */
  identified = false
  /** How many countersignatures were given, by how sure it is who gave them. */
  given = new Map()
  /** What was signed lately: nothing is signed twice. */
  nonces = new Map()
  /** What is known within each transaction that is being told: entries of one may stand between those of another. */
  open = new Map()
  /** Identities elsewhere that open an account. */
  linked = new Set()
  /** How far back the policy in force looks for who had a hand in whom. */
  independenceDays = leastIndependenceDays
  /** Sessions that may still be open: whose, since when, and what a provider said of them. */
  sessions = new Map()
  /** Of each organisation an entry was about or within, those above it. */
  above = new Map()

  constructor(problem, host) {
    this.problem = problem
    this.host = host
  }

  /** Whoever could control a person: themselves, and whoever had a hand in them lately, directly or through a chain. */
  controllers(person, since) {
    const found = new Set([person])
    for (const one of found) for (const { by, at } of this.hands.get(one) ?? []) if (at >= since) found.add(by)
    return found
  }

  related(a, b, since) {
    const others = this.controllers(b, since)
    return [...this.controllers(a, since)].some((one) => others.has(one))
  }

  hand(by, of, at) {
    if (!by || by === of) return
    const known = (this.hands.get(of) ?? []).filter((one) => one.at >= at - mostIndependenceDays * day)
    this.hands.set(of, [...known, { by, at }])
  }

  /** An approval is by somebody else, of this very content, once, and independent of everybody involved. */
  objectionToApproval(request, { actorId, data, origin }, at) {
    const { requester, caller, subject, approvals, hash, callBack } = request
    if (!actorId) return 'was given by nobody'
    if (actorId === requester) return 'was given by the person who asked'
    if (actorId === subject) return 'was given by the person it is about'
    if (!requester && actorId === caller) return 'was given by the person who called back'
    if (approvals.has(actorId)) return 'was given twice by one person'
    if (data.contentHash !== hash) return 'is of another content than what was asked for'
    if (data.requirementHash !== this.requirementHash(request)) return 'was given under another requirement than the one in force'
    if (!(at >= request.at + (request.demand?.coolingOffHours ?? 0) * hour))
      return 'was given before the time its policy lets things cool off was over'
    if (at > request.until) return 'came after the time its policy gives for an answer was over'
    if (needsCall(request) && callBack !== 'confirmed') return 'was given before anybody had called back and found it confirmed'
    const involved = [requester ?? caller, subject, ...approvals].filter(Boolean)
    const other = involved.find((person) => this.related(actorId, person, at - this.independenceDays * day))
    if (other) return `was given by ${short(actorId)}, who is not independent of ${short(other)}`
    if (this.devicesOf(request).includes(origin?.deviceKey))
      return 'was given from a device from which it was asked, edited, called about or signed already'
    return this.objectionToSigner(request, actorId, at)
  }

  /** Whoever asked, or called, was somebody then, and held a role for it where it is about; a list is about places of many. */
  objectionToOffice(id, roles, place, at) {
    const account = this.accounts.get(id)
    if (!this.follows(account)) return null
    if (account?.status !== 'active' || hasEnded(account, at)) return 'by somebody who had no account in force'
    return [...account.roles].some((held) => {
      const [role, over] = held.split(' ')
      return roles.includes(role) && (place === null || place.includes(over))
    })
      ? null
      : `by somebody who holds none of the roles that may there (${roles.join(', ')})`
  }

  /** They were somebody then, and held a role that signs for this where it was asked. */
  objectionToSigner(request, actorId, at) {
    const signer = this.accounts.get(actorId)
    if (!this.follows(signer)) return null
    if (signer?.status !== 'active' || hasEnded(signer, at)) return 'was given by somebody who had no account in force'
    const { roles } = request
    if (![...signer.roles].some((held) => roles.includes(held.split(' ')[0])))
      return `was given by somebody who holds none of the roles that sign for this (${roles.join(', ')})`
    return stagesOf(request).some((stage) => this.mayFill(request, stage, signer))
      ? null
      : 'was given by somebody whose role does not reach to where it was asked'
  }

  /** Do they hold one of the roles of a stage where it asks for it? */
  mayFill(request, { roles, level }, signer) {
    return [...signer.roles].some((held) => {
      const [role, over] = held.split(' ')
      return roles.includes(role) && Object.hasOwn(reaching, level) && reaching[level](request, over, (id) => this.networkOf(id))
    })
  }

  /** From where it was asked, edited and signed, and called about where nobody known asked; what is not known is none. */
  devicesOf({ requester, device, editedOn, callDevice, devices }) {
    return [device, ...editedOn, requester ? null : callDevice, ...devices.values()].filter(Boolean)
  }

  /** What was asked before policies had rules states no demand, and was signed without one. */
  requirementHash({ stated, roles, demand }) {
    return hex(canonical({ approvalsNeeded: stated, approverRoles: roles, ...(demand ? { demand } : {}) }))
  }

  /** What is wrong with what a request is said to need: its stages name who may sign, and how many at least. */
  objectionToDemand(told) {
    const { kind, approvalsNeeded, approverRoles, demand } = told.entry.data
    // What was asked before policies had rules states none; after the first that does, all do.
    if (demand === undefined) return this.demanded ? 'it does not say what the policy asked of it' : null
    this.demanded = true
    if (!this.isAskedFor(demand, { ...told.entry, at: told.at }))
      return 'it asks for something else than the rule of the policy in force that comes first does'
    const stages = demand?.stages
    if (!Array.isArray(stages) || stages.length === 0) return 'it does not say in what stages it is countersigned'
    if (stages.length > mostStages) return 'it is countersigned in more stages than any is'
    if (!stages.every(({ people, roles }) => Number.isInteger(people) && people >= 1 && Array.isArray(roles) && roles.length > 0))
      return 'a stage of it asks for nobody'
    if (stages.some(({ people }) => people > mostPeople)) return 'a stage of it asks for more people than any does'
    if (!stages.every(({ level }) => Object.hasOwn(reaching, level))) return 'a stage of it is signed nowhere that is known'
    if (stages.reduce((sum, { people }) => sum + people, 0) > approvalsNeeded)
      return 'it asks for fewer countersignatures than its stages name'
    const namedRoles = [...new Set(stages.flatMap(({ roles }) => roles))].sort()
    if (canonical(namedRoles) !== canonical(approverRoles)) return 'its stages name other roles than may countersign it'
    return Object.hasOwn(signers, kind) ? null : 'nobody knows a request of this kind'
  }

  /** The profiles a rule may look at, of what is about one account; null where they are not known here. */
  profilesOf({ kind, accountId, terms }) {
    if (kind === 'create-account') return [terms?.profile]
    if (kind.endsWith('-bulk')) return null
    if (!callable.includes(kind)) return []
    const { profile = null } = this.accounts.get(accountId) ?? {}
    return profile === null ? null : [profile]
  }

  /**
   * The rules that may come first for it, up to the first that does for certain: how far somebody reached, what was suspicious then and of
   * which kind a network is are not told here.
   */
  possibleRules({ data, place }) {
    const profiles = this.profilesOf(data)
    const role = data.kind === 'grant-role' ? [data.terms?.role] : []
    const among = (wanted, found) => wanted === undefined || found === null || found.some((one) => wanted.includes(one))
    const possible = []
    for (const rule of this.rules) {
      const { when } = rule
      if (!among(when.kinds, [data.kind]) || !among(when.within && [when.within], place)) continue
      if (!among(when.profiles, profiles) || !among(when.roles, role)) continue
      possible.push(rule)
      const unsure = when.networks ?? when.reachAtLeast ?? when.signals ?? (profiles === null ? when.profiles : undefined)
      if (unsure === undefined) break
    }
    return possible
  }

  /** Until three owners were named so long ago that they can be independent of whoever named them, two people are what a network has. */
  isFounding(at) {
    return [...this.owners.values()].filter((named) => named <= at - leastIndependenceDays * day).length < foundingPolicyOwners
  }

  /** May the rule that comes first for it ask for this? Of a network that is being founded nobody knows. */
  isAskedFor(demand, about) {
    if (!this.rules || this.isFounding(about.at)) return true
    return this.possibleRules(about).some((rule) => canonical(rule.demand) === canonical(demand))
  }

  /** The network of a structure; of anything else, and of what is not known, none. */
  networkOf(id) {
    const above = this.above.get(id)
    return above?.length === structureAt ? above[networkAt] : undefined
  }

  /** Is there somebody for each place of each stage? Everybody fills one: a largest matching, by augmenting paths, over the roles they hold. */
  placesFilled(request) {
    const { demand, approvals } = request
    const stages = (demand?.stages ?? []).slice(0, mostStages)
    const places = stages.flatMap((stage) => Array.from({ length: Math.min(stage.people, mostPeople) }, () => stage))
    const takenBy = new Map()
    const fits = (id, stage) => {
      const signer = this.accounts.get(id)
      // Who is not known, because the export begins later, is taken to hold what they need.
      return !this.follows(signer) || (signer !== undefined && this.mayFill(request, stage, signer))
    }
    const seat = (id, tried) =>
      places.some((stage, index) => {
        if (tried.has(index) || !fits(id, stage)) return false
        tried.add(index)
        if (takenBy.has(index) && !seat(takenBy.get(index), tried)) return false
        takenBy.set(index, id)
        return true
      })
    for (const id of approvals) seat(id, new Set())
    return takenBy.size === places.length
  }

  /** A decision or an act says how sure it is who did it; a passkey's own signature shows it, and the passkey was theirs then. */
  proven(told) {
    const { entry } = told
    const { assurance, signed } = entry.data
    // A call that ends in a no is no decision that anybody signs.
    if (entry.type === 'request.rejected' && assurance === undefined && ['denied', 'someone-else'].includes(entry.data.reason)) return
    if (!assurances.includes(assurance) || (assurance === 'passkey') !== Boolean(signed)) {
      this.problem(`${named(told)}: it does not show how sure it is who did it`)
      return
    }
    if (entry.type === 'proof.given') this.within(told).acts.push({ actor: entry.actorId, ...entry.data })
    this.heldBack(told, assurance)
    this.cameIn(told)
    const shown = !signed || this.accounts.get(entry.actorId)?.passkeys.has(signed.passkeyId)
    const counted = shown ? assurance : 'unknown-passkey'
    if (entry.type === 'request.approval-given') this.given.set(counted, (this.given.get(counted) ?? 0) + 1)
    if (signed) this.signedOnce(told, signed)
    if (!signed) return
    const text = signedText(entry)
    const objection = text === null ? 'is none that anybody signs' : objectionToSignature(signed, text, this.host)
    if (objection) this.problem(`${named(told)}: what was decided or done with this passkey ${objection}`)
    const signer = this.accounts.get(entry.actorId)
    const held = signer?.passkeys.get(signed.passkeyId)
    if (held !== undefined ? held !== signed.publicKey : this.follows(signer))
      this.problem(`${named(told)}: the passkey it was signed with is none that ${short(entry.actorId)} had then`)
  }

  /** A decision is made in a session its author opened; a seed tells of a past without any. */
  cameIn(told) {
    const { actorId, origin } = told.entry
    if (!this.follows(this.accounts.get(actorId)) || origin?.channel === 'seed') return
    const session = this.sessions.get(origin?.sessionId)
    if (session?.account !== actorId || told.at - session.at > longestSessionMilliseconds)
      this.problem(`${named(told)}: it was decided or done in no session that ${short(actorId)} had opened`)
  }

  /** Nobody is asked for less than they have, nor gives what they never had. */
  heldBack(told, assurance) {
    const held = this.accounts.get(told.entry.actorId)
    if (assurance === 'session' && held && (held.passkeys.size > 0 || held.factors.size > 0))
      this.problem(`${named(told)}: nothing was asked of somebody who had something to prove themselves with`)
    if (this.follows(held) && ['totp', 'recovery-code'].includes(assurance) && !held?.factors.has(assurance))
      this.problem(`${named(told)}: ${short(told.entry.actorId)} is said to have given a ${assurance}, and never had one`)
  }

  signedOnce(told, { nonce }) {
    const age = told.at - madeAt(nonce)
    if (!(Math.abs(age) <= nonceMilliseconds)) this.problem(`${named(told)}: what was signed was made for another time`)
    if (this.nonces.has(nonce)) this.problem(`${named(told)}: what was signed for once is told twice`)
    this.nonces.set(nonce, told.at)
    if (this.nonces.size > 50_000) for (const [one, at] of this.nonces) if (told.at - at > 3 * nonceMilliseconds) this.nonces.delete(one)
  }

  /** What must be proven afresh was, by the same person in the same transaction. */
  mustBeProven(told, act, on) {
    const { actorId } = told.entry
    const { acts } = this.within(told)
    const found = acts.find((one) => one.actor === actorId && one.act === act && (on === undefined || one.on === on))
    // A proof is for one thing.
    if (found) acts.splice(acts.indexOf(found), 1)
    else this.problem(`${named(told)}: whoever did it was not asked who they are (${act})`)
    return found
  }

  /** Whoever comes back by a list stood on it: no more of them than it names, and exactly those where all have come. */
  onList(told, request) {
    this.asAsked(told, request, { bulkId: told.entry.data.bulkId })
    const { accounts, listHash } = request.terms ?? {}
    if (!(request.used.size <= accounts)) this.problem(`${named(told)}: more have come back by its list than were signed for (${accounts})`)
    if (request.used.size === accounts && hex([...request.used].sort().join('\n')) !== listHash)
      this.problem(`${named(told)}: those who came back are not those of the list that was signed for`)
  }

  /** Did what was done stand in what was asked for? */
  asAsked(told, request, done) {
    if (!request) return
    for (const [name, value] of Object.entries(done))
      if (request.terms?.[name] === undefined || canonical(request.terms[name]) !== canonical(value))
        this.problem(`${named(told)}: it gave another ${name} than its request ${short(told.entry.data.requestId)} asked for`)
  }

  /** Fixed when it is asked for, and never lowered: what was asked while the network was being founded keeps what it needed. */
  floorOf(data, at) {
    if (this.profilesOf(data)?.some((profile) => nationwide.includes(profile))) return 2
    return this.isFounding(at) ? 1 : (guarded[data.kind] ?? 1)
  }

  /** Countersignatures of people who have become dependent on each other since they gave them. */
  fallen({ requester, caller, subject, approvals }, at) {
    const involved = [requester ?? caller, subject, ...approvals].filter(Boolean)
    return [...approvals].filter((one) =>
      involved.some((other) => other !== one && this.related(one, other, at - this.independenceDays * day)),
    )
  }

  /** What is wrong with the request that is said to have allowed this. */
  objectionToEffect(request, { entry }, kinds) {
    const { kind, status, subject, used, transaction } = request
    const who = isList(request) ? entry.subjectId : 'once'
    if (!kinds.includes(kind)) return `a request of another kind, ${kind}, is said to have allowed it`
    if (status !== 'executed') return `its request ${short(entry.data.requestId)} was not executed`
    if (used.has(who)) return `its request ${short(entry.data.requestId)} had been carried out already`
    if (isList(request)) return null
    if (transaction !== entry.transaction) return `its request ${short(entry.data.requestId)} was executed at another time`
    return subject && subject !== entry.subjectId ? `its request ${short(entry.data.requestId)} was about somebody else` : null
  }

  givenByFounding({ entry: { type, subjectId, data } }) {
    if (type === 'account.created') return true
    return type === 'role.granted' && this.founded.people.has(subjectId) && foundersRoles.includes(data.role)
  }

  /** The request an effect names; null for the founders, who stand before the first request, and where it is not known. */
  carriedBy(told, kinds) {
    const { requestId } = told.entry.data
    if (this.founded && requestId === this.founded.request && told.entry.transaction === this.founded.transaction) {
      if (!this.givenByFounding(told))
        this.problem(`${named(told)}: founding a network gives two people their accounts and their first roles, and nothing besides`)
      return null
    }
    const request = this.requests.get(requestId)
    if (!request) {
      if (this.whole) this.problem(`${named(told)}: the request ${short(requestId)} that should have allowed it was never asked`)
      return null
    }
    const objection = this.objectionToEffect(request, told, kinds)
    if (objection) this.problem(`${named(told)}: ${objection}`)
    request.used.add(isList(request) ? told.entry.subjectId : 'once')
    return request
  }

  /** Who an account is from here on; from the first that says it on, all do. */
  identityIn(told) {
    const { identity = null } = told.entry.data
    if (identity !== null) this.identified = true
    else if (this.identified) this.problem(`${named(told)}: it does not say who this account is, by the hash that all others have`)
    return identity
  }

  /** Is all that ever befell it here? Whoever was created in what is here may be judged by it, whatever is missing from before. */
  follows(account) {
    return this.whole || account?.born === true
  }

  accountOf(id) {
    if (!this.accounts.has(id))
      this.accounts.set(id, {
        status: null,
        roles: new Set(),
        passkeys: new Map(),
        factors: new Set(),
        identities: new Set(),
        born: false,
        /** Something was given whose link nobody has used yet. */
        link: false,
        /** As it was created; nothing changes them, but that it may end earlier. */
        place: null,
        profile: null,
        organisationId: null,
        endsOn: null,
        contactChangedAt: null,
        /** The request it was, until it was taken back. */
        contactChangedBy: null,
        /** A hash of its name, login, address and number as the database told it last, and what it was before that contact. */
        identity: null,
        identityBefore: null,
      })
    return this.accounts.get(id)
  }

  /** Did this account's contact change so lately that neither a reset nor another contact may follow? */
  contactIsYoung(told, milliseconds) {
    const { contactChangedAt } = this.accountOf(told.entry.subjectId)
    return contactChangedAt !== null && told.at - contactChangedAt < milliseconds
  }

  moves(told, to) {
    const account = this.accountOf(told.entry.subjectId)
    const { before } = told.entry.data
    if (this.whole && !account.born) this.problem(`${named(told)}: this account was never created`)
    else if (account.status !== null && before !== undefined && account.status !== before)
      this.problem(`${named(told)}: it says the account was ${before} before; the entries before it say ${account.status}`)
    account.status = to
  }

  ends(told, to) {
    const account = this.accountOf(told.entry.subjectId)
    const { status } = account
    if (status !== null && status !== 'active' && !(status === 'suspended' && to === 'revoked'))
      this.problem(`${named(told)}: an account that is ${status} cannot be ${to}`)
    this.moves(told, to)
    // What somebody else has used is forgotten.
    if (notMe.includes(told.entry.data.cause)) this.disown(told)
    if (to === 'revoked') this.unlink(told.entry.subjectId)
    account.ended = { by: told.entry.actorId, at: told.at, before: status }
  }

  /** Somebody said that it was not them. */
  disown(told) {
    this.within(told).disowned.add(told.entry.subjectId)
    this.forget(told.entry.subjectId)
  }

  /** All somebody had to prove themselves with. */
  forget(id) {
    this.accountOf(id).passkeys.clear()
    this.accountOf(id).factors.clear()
    this.unlink(id)
  }

  /** Nobody comes in by them any more; somebody else may, who links them. */
  unlink(id) {
    for (const one of this.accountOf(id).identities) this.linked.delete(one)
    this.accountOf(id).identities.clear()
  }

  /** What is about one account names it, and is asked for, and so signed for, where that account is. */
  aboutWhom(told) {
    const { data, place } = told.entry
    if (!callable.includes(data.kind)) return
    if (!data.accountId) this.problem(`${named(told)}: it does not say which account it is about`)
    const known = this.accounts.get(data.accountId)?.place
    if (known && canonical(known) !== canonical(place))
      this.problem(`${named(told)}: it was asked for in another place than where the account is`)
  }

  /** Whoever asks is known and may ask; the public page asks for resets. */
  askedBy(told) {
    const { actorId, data, place } = told.entry
    if (actorId === null && data.kind === 'reset-credentials') return
    const objection =
      actorId === null
        ? 'by nobody who is known'
        : this.objectionToOffice(actorId, askers[data.kind] ?? [], data.kind.endsWith('-bulk') ? null : place, told.at)
    if (objection) this.problem(`${named(told)}: it was asked for ${objection}`)
  }

  /** A request may ask that it be signed in a session that began at a provider: the session it was signed in did, as its own entry says. */
  cameAsAsked(told, { demand }) {
    const asked = demand?.signIn
    if (asked === undefined) return
    const { data, origin } = told.entry
    const known = this.sessions.get(origin?.sessionId)
    const began = known?.account === told.entry.actorId ? known.through : this.whole || known ? null : data.through
    const fits =
      began &&
      data.through &&
      canonical(began) === canonical(data.through) &&
      asked.issuers.includes(began.issuer) &&
      (asked.behind === undefined || asked.behind.includes(began.behind)) &&
      (asked.contexts.length === 0 || [began.acr, ...began.amr].some((one) => asked.contexts.includes(one)))
    if (!fits) this.problem(`${named(told)}: it was given by somebody who had not signed in where its request asks`)
  }

  /** The one way back on one person's word: their own act, within half a minute. */
  undoes(told) {
    const account = this.accountOf(told.entry.subjectId)
    const { ended } = account
    const { actorId, data } = told.entry
    if (ended && (ended.by !== actorId || actorId === null || told.at - ended.at > undoMilliseconds))
      this.problem(`${named(told)}: an ending is undone by whoever ended it, within ${undoMilliseconds / 1000} seconds`)
    else if (ended && ended.before !== null && data.after !== ended.before)
      this.problem(`${named(told)}: an ending that is undone leads back to what was before it, ${ended.before}`)
    else if (!ended && this.follows(account)) this.problem(`${named(told)}: there was no ending to undo`)
    account.ended = null
    this.moves(told, data.after)
  }

  /** What each kind of entry means. What is not here changes neither a request nor an account. */
  meanings = {
    'network.founded': (told) => {
      if (told.entry.data.policy) this.governs(told, told.entry.data.policy)
      if (this.founded || this.accounts.size > 0) this.problem(`${named(told)}: a network is founded once, before anybody has an account`)
      this.founded = { request: told.entry.subjectId, transaction: told.entry.transaction, told, births: 0, people: new Set() }
    },
    'request.submitted': (told) => {
      const { subjectId, actorId, data } = told.entry
      if (this.requests.has(subjectId)) this.problem(`${named(told)}: this request was asked twice`)
      if (!Object.hasOwn(signers, data.kind)) this.problem(`${named(told)}: nobody knows a request of this kind`)
      if (!Number.isInteger(data.approvalsNeeded) || data.approvalsNeeded < this.floorOf(data, told.at))
        this.problem(`${named(told)}: it asks for fewer countersignatures (${data.approvalsNeeded}) than such a request needs`)
      this.aboutWhom(told)
      this.askedBy(told)
      const known = signers[data.kind] ?? []
      if (
        !Array.isArray(data.approverRoles) ||
        data.approverRoles.length === 0 ||
        !data.approverRoles.every((role) => known.includes(role))
      )
        this.problem(`${named(told)}: it may be countersigned by others than such a request may (${known.join(', ')})`)
      const objection = this.objectionToDemand(told)
      if (objection) this.problem(`${named(told)}: ${objection}`)
      if (data.terms === null || typeof data.terms !== 'object' || (data.kind === 'create-account' && !isDay(data.terms.endsOn)))
        this.problem(`${named(told)}: it does not say what it asks for`)
      if (data.kind === 'grant-role') this.mustBeProven(told, 'ask-role', `${data.terms.role} ${data.terms.over} ${data.accountId}`)
      if (data.kind === 'set-policy') this.mustBeProven(told, 'ask-policy', hex(canonical(data.terms.after)))
      this.requests.set(subjectId, {
        kind: data.kind,
        at: told.at,
        until: lastMoment(told.at, data),
        requester: actorId,
        caller: null,
        subject: data.accountId,
        device: told.entry.origin?.deviceKey ?? null,
        editedOn: [],
        callDevice: null,
        /** Of those whose signature stands, the device it was given from. */
        devices: new Map(),
        hash: data.contentHash,
        needed: Math.max(Number(data.approvalsNeeded) || 1, this.floorOf(data, told.at)),
        stated: data.approvalsNeeded,
        roles: data.approverRoles,
        demand: data.demand,
        place: told.entry.place,
        terms: data.terms,
        callBack: null,
        approvals: new Set(),
        used: new Set(),
        status: 'pending',
      })
    },
    'request.edited': this.ofRequest((told, request) => {
      if (request.status !== 'pending') this.problem(`${named(told)}: a request that was ${request.status} was edited`)
      if (request.requester !== told.entry.actorId) this.problem(`${named(told)}: it was edited by somebody else than the person who asked`)
      if (request.hash !== told.entry.data.before)
        this.problem(`${named(told)}: it says another content was edited than what was asked for`)
      if (request.kind === 'change-contact')
        this.problem(`${named(told)}: what somebody confirmed on the telephone was edited; another contact is asked for anew`)
      const { after, terms, approvalsNeeded } = told.entry.data
      const floor = this.floorOf({ kind: request.kind, accountId: request.subject, terms }, told.at)
      if (!(approvalsNeeded >= Math.max(request.stated, floor)))
        this.problem(`${named(told)}: it asks for fewer countersignatures than before`)
      const edited = { kind: request.kind, accountId: request.subject, terms }
      if (request.demand && !this.isAskedFor(request.demand, { data: edited, place: request.place, at: told.at }))
        this.problem(`${named(told)}: what it asks for now needs something else than what it is countersigned by`)
      if (request.kind === 'create-account' && !isDay(terms?.endsOn)) this.problem(`${named(told)}: it does not say until when`)
      Object.assign(request, {
        hash: after,
        terms,
        stated: approvalsNeeded,
        needed: Math.max(request.needed, Number(approvalsNeeded) || 1),
      })
      request.editedOn.push(told.entry.origin?.deviceKey)
      request.approvals.clear()
      request.devices.clear()
    }),
    'request.held': this.ofRequest(({ entry }, request) => {
      request.stated = Math.max(request.stated, entry.data.approvalsNeeded)
      request.needed = Math.max(request.needed, Number(entry.data.approvalsNeeded) || 1)
    }),
    'request.called-back': this.ofRequest((told, request) => {
      const { entry } = told
      const objection = this.objectionToOffice(entry.actorId, callers, request.place, told.at)
      if (objection) this.problem(`${named(told)}: the call was written down ${objection}`)
      request.caller = entry.actorId
      request.callDevice = entry.origin?.deviceKey ?? null
      request.callBack = [request.requester, request.subject].includes(entry.actorId) ? null : entry.data.outcome
    }),
    'request.approval-given': this.ofRequest((told, request) => {
      const objection = request.status === 'pending' ? this.objectionToApproval(request, told.entry, told.at) : 'came after the decision'
      if (objection) this.problem(`${named(told)}: this countersignature of request ${short(told.entry.subjectId)} ${objection}`)
      if (assurances.indexOf(told.entry.data.assurance) < assurances.indexOf(request.demand?.assurance ?? 'session'))
        this.problem(`${named(told)}: it is less sure who countersigned (${told.entry.data.assurance}) than was asked for`)
      this.cameAsAsked(told, request)
      this.proven(told)
      request.approvals.add(told.entry.actorId)
      const { deviceKey } = told.entry.origin ?? {}
      if (deviceKey) request.devices.set(told.entry.actorId, deviceKey)
    }),
    'request.approval-voided': this.ofRequest(({ entry }, request) => {
      request.approvals.delete(entry.data.approverId)
      request.devices.delete(entry.data.approverId)
    }),
    'request.executed': this.ofRequest((told, request) => {
      const { needed } = request
      const [fallen] = this.fallen(request, told.at)
      if (fallen) this.problem(`${named(told)}: the countersignature of ${short(fallen)} under it no longer stood on its own`)
      const gone = [...request.approvals].find((id) => (this.accounts.get(id)?.status ?? 'active') !== 'active')
      if (gone)
        this.problem(`${named(told)}: the countersignature of ${short(gone)} stood under it, who was ${this.accounts.get(gone).status}`)
      if (request.status !== 'pending') this.problem(`${named(told)}: a request that was ${request.status} was executed`)
      if (told.entry.data.contentHash !== request.hash)
        this.problem(`${named(told)}: another content was executed than what was countersigned`)
      if (request.approvals.size < needed)
        this.problem(`${named(told)}: ${request.approvals.size} countersignatures stood under it where ${needed} were needed`)
      if (!this.placesFilled(request)) this.problem(`${named(told)}: not every stage of it was countersigned by somebody who may`)
      request.status = 'executed'
      request.transaction = told.entry.transaction
    }),
    'request.rejected': (told) => {
      this.proven(told)
      this.closing('rejected')(told)
    },
    'proof.given': (told) => this.proven(told),
    'passkey.added': (told) => {
      const { subjectId, actorId, data } = told.entry
      if (data.via === 'link' ? actorId !== null : actorId !== subjectId)
        this.problem(`${named(told)}: a passkey is added by whoever it is for, and by nobody else`)
      if (data.via === 'link' && !this.within(told).enrolled.has(subjectId))
        this.problem(`${named(told)}: no link was used that could have brought this passkey`)
      if (data.via !== 'link' && this.mustBeProven(told, 'add-passkey')?.assurance !== data.assurance)
        this.problem(`${named(told)}: it does not say truly how sure it is who added this passkey`)
      if (this.accountOf(subjectId).passkeys.has(data.passkeyId)) this.problem(`${named(told)}: this passkey was added twice`)
      this.accountOf(subjectId).passkeys.set(data.passkeyId, data.publicKey)
    },
    'passkey.removed': (told) => {
      const { subjectId, data } = told.entry
      this.mustBeProven(told, 'remove-passkey', data.passkeyId)
      this.accountOf(subjectId).passkeys.delete(data.passkeyId)
    },
    'identity.linked': (told) => {
      const { subjectId, actorId, data } = told.entry
      const identity = `${data.issuer} ${data.subject}`
      if (actorId !== subjectId) this.problem(`${named(told)}: an identity is linked by whoever it lets in, and by nobody else`)
      if (this.mustBeProven(told, 'link-identity', identity)?.assurance !== data.assurance)
        this.problem(`${named(told)}: it does not say truly how sure it is who linked this identity`)
      if (this.linked.has(identity)) this.problem(`${named(told)}: this identity opens another account already`)
      this.linked.add(identity)
      this.accountOf(subjectId).identities.add(identity)
    },
    'identity.unlinked': (told) => {
      const { subjectId, actorId, data } = told.entry
      if (actorId !== subjectId) this.problem(`${named(told)}: an identity is unlinked by whoever it lets in, and by nobody else`)
      if (this.follows(this.accountOf(subjectId)) && !this.accountOf(subjectId).identities.has(`${data.issuer} ${data.subject}`))
        this.problem(`${named(told)}: this identity was not theirs to unlink`)
      this.mustBeProven(told, 'unlink-identity', data.identityId)
      this.linked.delete(`${data.issuer} ${data.subject}`)
      this.accountOf(subjectId).identities.delete(`${data.issuer} ${data.subject}`)
    },
    'session.opened': (told) => {
      const { subjectId, data } = told.entry
      for (const [id, { at }] of this.sessions) {
        if (told.at - at <= longestSessionMilliseconds) break
        this.sessions.delete(id)
      }
      this.sessions.set(data.sessionId, { account: subjectId, through: data.through ?? null, at: told.at })
      if (!data.through) return
      const known = [...this.accountOf(subjectId).identities].some((one) => one.startsWith(`${data.through.issuer} `))
      if (this.follows(this.accounts.get(subjectId)) && !known)
        this.problem(`${named(told)}: it came through a provider at which ${short(subjectId)} had linked no identity`)
    },
    'session.closed': ({ entry }) => void this.sessions.delete(entry.data.sessionId),
    'account.locked-out': (told) => this.disown(told),
    'account.enrolled': (told) => {
      const { entry } = told
      const account = this.accountOf(entry.subjectId)
      if (this.follows(account) && !account.link)
        this.problem(`${named(told)}: nothing was given since the last time whose link could have been used`)
      account.link = false
      for (const factor of entry.data.factors) if (factor !== 'passkey') this.accountOf(entry.subjectId).factors.add(factor)
      if (entry.data.factors.includes('passkey')) this.within(told).enrolled.add(entry.subjectId)
    },
    'account.ending-explained': (told) => {
      const { entry } = told
      if (!['suspected-hijack', 'denied-reset'].includes(entry.data.reason)) return
      if (this.accountOf(entry.subjectId).status === 'active')
        this.problem(`${named(told)}: it explains why an account was ended that is active`)
      else this.forget(entry.subjectId)
    },
    'request.cancelled': this.closing('cancelled'),
    'request.expired': this.closing('expired'),
    'request.voided': this.closing('voided'),
    'account.created': (told) => {
      const { entry, at } = told
      const account = this.accountOf(entry.subjectId)
      if (account.born) this.problem(`${named(told)}: this account was created twice`)
      Object.assign(account, { born: true, status: 'active', link: true })
      if (this.founded?.request === entry.data.requestId) {
        this.founded.births += 1
        this.founded.people.add(entry.subjectId)
      }
      const request = this.carriedBy(told, ['create-account'])
      this.asAsked(told, request, { profile: entry.data.profile, organisationId: entry.organisationId })
      account.place = entry.place
      Object.assign(account, { profile: entry.data.profile, organisationId: entry.organisationId, endsOn: request?.terms?.endsOn ?? null })
      account.identity = this.identityIn(told)
      if (request && canonical(request.place) !== canonical(entry.place))
        this.problem(`${named(told)}: this account was created in another place than it was asked for`)
      this.hand(request?.requester, entry.subjectId, at)
    },
    'account.reset': (told) => {
      this.forget(told.entry.subjectId)
      this.accountOf(told.entry.subjectId).link = true
      if (this.contactIsYoung(told, contactHoldMilliseconds))
        this.problem(`${named(told)}: this account was reset within 72 hours of a change of its contact`)
      const request = this.carriedBy(told, ['reset-credentials'])
      this.hand(request?.requester ?? request?.caller, told.entry.subjectId, told.at)
    },
    'account.contact-changed': (told) => {
      const { email, phone } = told.entry.data
      if (this.contactIsYoung(told, contactRestoreMilliseconds))
        this.problem(`${named(told)}: its contact changed again while the one before could still be taken back`)
      const request = this.carriedBy(told, ['change-contact'])
      this.asAsked(told, request, { email, phone })
      const account = this.accountOf(told.entry.subjectId)
      const { requestId, identityBefore = null } = told.entry.data
      const identity = this.identityIn(told)
      if (account.identity !== null && identityBefore !== account.identity)
        this.problem(
          `${named(told)}: what changed there is not the contact the log told last: somebody had changed it, or a name, behind its back`,
        )
      Object.assign(account, { contactChangedAt: told.at, contactChangedBy: requestId, identity, identityBefore })
      this.hand(request?.requester, told.entry.subjectId, told.at)
    },
    'account.contact-restored': (told) => {
      if (!this.within(told).disowned.has(told.entry.subjectId))
        this.problem(`${named(told)}: a contact goes back to what it was when somebody says that it was not them, and at no other time`)
      const account = this.accountOf(told.entry.subjectId)
      const { contactChangedAt, contactChangedBy } = account
      if (
        this.follows(account) &&
        (contactChangedBy !== told.entry.data.requestId || !(told.at - contactChangedAt <= contactRestoreMilliseconds))
      )
        this.problem(`${named(told)}: no change of this contact was young enough to be taken back, or another one was`)
      const identity = this.identityIn(told)
      if (account.identityBefore !== null && identity !== account.identityBefore)
        this.problem(`${named(told)}: the contact that came back is not the one there was before it was changed`)
      Object.assign(account, { contactChangedAt: told.at, contactChangedBy: null, identity, identityBefore: null })
    },
    'account.reinstated': (told) => {
      const request = this.carriedBy(told, ['reinstate', 'reinstate-bulk'])
      if (request && isList(request)) this.onList(told, request)
      const { status } = this.accountOf(told.entry.subjectId)
      if (status === 'active' || status === 'revoked') this.problem(`${named(told)}: an account that is ${status} cannot be let back in`)
      this.moves(told, told.entry.data.after)
    },
    'account.suspended': (told) => this.ends(told, 'suspended'),
    'account.revoked': (told) => this.ends(told, 'revoked'),
    'account.ending-undone': (told) => this.undoes(told),
    'role.granted': (told) => {
      const { entry, at } = told
      const request = this.carriedBy(told, ['grant-role'])
      this.asAsked(told, request, { role: entry.data.role, over: entry.data.over })
      const account = this.accountOf(entry.subjectId)
      account.roles.add(`${entry.data.role} ${entry.data.over}`)
      account.link = true
      if (entry.data.role === 'policy-owner' && !this.owners.has(entry.subjectId)) this.owners.set(entry.subjectId, at)
      this.hand(request?.requester, entry.subjectId, at)
    },
    'role.revoked': ({ entry }) => void this.accountOf(entry.subjectId).roles.delete(`${entry.data.role} ${entry.data.over}`),
    'policy.set': (told) => {
      const { before, after } = told.entry.data
      this.asAsked(told, this.carriedBy(told, ['set-policy']), { before, after })
      if (this.policy !== null && canonical(before) !== canonical(this.policy))
        this.problem(`${named(told)}: what it says was in force before it was not`)
      this.governs(told, after)
    },
  }

  /** From here on this is the policy. */
  governs(told, policy) {
    this.policy = policy ?? null
    this.rules = Array.isArray(policy?.rules) ? policy.rules : null
    const { independenceDays = leastIndependenceDays } = policy ?? {}
    if (!(independenceDays >= leastIndependenceDays && independenceDays <= mostIndependenceDays))
      this.problem(`${named(told)}: it makes people independent of whoever had a hand in them ${independenceDays} days ago`)
    this.independenceDays = Math.max(leastIndependenceDays, Math.min(mostIndependenceDays, Number(independenceDays) || 0))
  }

  /** Of a request that is known; one that is not may have been asked before the first entry that is here. */
  ofRequest(then) {
    return (told) => {
      const request = this.requests.get(told.entry.subjectId)
      if (request) then(told, request)
      else if (this.whole && told.entry.type !== 'request.found-dependent')
        this.problem(`${named(told)}: the request ${short(told.entry.subjectId)} was never asked`)
    }
  }

  closing(status) {
    return this.ofRequest((told, request) => {
      if (request.status !== 'pending') this.problem(`${named(told)}: a request that was ${request.status} cannot be ${status}`)
      request.status = status
    })
  }

  /** A request that is over is needed until its transaction ends; a list is carried out long after. */
  tell(told) {
    const objection = this.objectionToPlace(told.entry)
    if (objection) this.problem(`${named(told)}: ${objection}`)
    if (!isPlace(told.entry.place)) return
    if (this.within(told).recordedAt !== told.entry.recordedAt)
      this.problem(`${named(told)}: it was recorded at another time than the rest of what was committed with it`)
    if (Object.hasOwn(this.meanings, told.entry.type)) this.meanings[told.entry.type](told)
    const request = this.requests.get(told.entry.subjectId)
    if (request && request.status !== 'pending' && !isList(request)) this.within(told).finished.push(told.entry.subjectId)
  }

  /** Who proved who they are for what, whose factors were set through a link, whose "this was not me" was taken, and which requests are over. */
  within(told) {
    const { entry } = told
    const known = this.open.get(entry.transaction)
    if (known) return known
    const fresh = { recordedAt: entry.recordedAt, acts: [], enrolled: new Set(), disowned: new Set(), finished: [] }
    this.open.set(entry.transaction, fresh)
    if (this.open.size > mostOpen) {
      const [[oldest, { finished }]] = this.open
      for (const id of finished) this.requests.delete(id)
      this.open.delete(oldest)
    }
    return fresh
  }

  /** An entry is about an organisation, and an organisation stays where it is. */
  objectionToPlace({ place, organisationId }) {
    if (!isPlace(place)) return 'it does not say where it was'
    const home = place.findLastIndex((id) => id !== null)
    if ((place[home] ?? null) !== organisationId) return 'it is said of another organisation than the one its place leads to'
    // From below: what stands where it did has those above it where they were.
    for (let level = home; level >= 0; level -= 1) {
      if (place[level] === null) continue
      const known = this.above.get(place[level])
      if (known === undefined) this.above.set(place[level], place.slice(0, level))
      else if (known.length === level && known.every((id, at) => id === place[at])) return null
      else return `the organisation ${short(place[level])} stands elsewhere than before`
    }
    return null
  }

  /** An account as the database lists it, beside what the log leads to. */
  compare(listed) {
    const { id, status, profile, organisationId, endsOn, identity } = listed
    const account = this.accounts.get(id)
    if (!account?.born && this.whole) this.problem(`the account ${id} stands in the list and was never created in the log`)
    if (!account) return
    if (account.listed) this.problem(`the account ${id} stands in the list twice`)
    account.listed = true
    if (account.status !== null && account.status !== status)
      this.problem(`the account ${id} is ${status} in the list; the log leads to ${account.status}`)
    if (account.born && (profile !== account.profile || organisationId !== account.organisationId))
      this.problem(
        `the account ${id} is ${profile} of ${short(organisationId)} in the list; the log made it ${account.profile} of ${short(account.organisationId)}`,
      )
    if (account.endsOn !== null && endsOn !== account.endsOn)
      this.problem(`the account ${id} ends on ${endsOn} in the list; it was countersigned until ${account.endsOn}`)
    if (account.identity !== null && identity !== account.identity)
      this.problem(`the account ${id} has another name, login, address or number in the list than the log told last`)
    if (this.follows(account)) this.compareAccess(account, listed)
  }

  comparePolicy(policy) {
    if (this.policy !== null && canonical(policy) !== canonical(this.policy))
      this.problem('the policy in the list is not the one the log leads to: nobody signed for what differs')
  }

  /** What it may do, and what opens it. */
  compareAccess(account, { id, roles, passkeys, identities }) {
    if (![roles, passkeys, identities].every(Array.isArray)) {
      this.problem(`the account ${id} stands in the list without its roles, its passkeys or who it is elsewhere`)
      return
    }
    const listed = roles.map(([role, over]) => `${role} ${over}`)
    for (const one of listed) if (!account.roles.has(one)) this.problem(`the account ${id} holds ${one} in the list; the log never gave it`)
    for (const one of account.roles)
      if (!listed.includes(one)) this.problem(`the account ${id} does not hold ${one} in the list; the log never took it away`)
    this.compareKeys(account, id, passkeys)
    for (const one of identities)
      if (!account.identities.has(one)) this.problem(`the account ${id} is ${one} in the list; the log never said so, or took it back`)
    for (const one of account.identities)
      if (!identities.includes(one)) this.problem(`the account ${id} is not ${one} in the list; the log never took it back`)
  }

  compareKeys(account, id, passkeys) {
    for (const [one, key] of passkeys)
      if (account.passkeys.get(one) !== key)
        this.problem(`the account ${id} has the passkey ${short(one)} in the list; the log never gave it with this key, or took it away`)
    const held = new Set(passkeys.map(([one]) => one))
    for (const one of account.passkeys.keys())
      if (!held.has(one)) this.problem(`the account ${id} has not the passkey ${short(one)} in the list; the log never took it away`)
  }

  end() {
    if (this.founded && this.founded.births !== 2)
      this.problem(`${named(this.founded.told)}: a network is founded by two people, and here by ${this.founded.births}`)
    if (!this.whole) return
    for (const [id, { born, listed }] of this.accounts)
      if (born && !listed) this.problem(`the account ${id} was created in the log and is not in the list`)
  }
}

// ── the bundle ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The kinds of lines, in the order they come in: leaves and the checkpoints between them, then what has no place, the policy, accounts, the end. */
const stages = { position: 0, checkpoint: 0, unsealed: 1, policy: 2, account: 3, end: 4 }
const kinds = Object.keys(stages)

/** So many of what does not hold are kept, of the log and of its story; the first tells what there is to do. */
const mostKept = 1_000

/** Reads a bundle part by part. What does not hold of the log itself comes before what does not hold of the story it tells: it may be why. */
export class Verification {
  ofLog = []
  ofStory = []
  /** How many more there were than are kept. */
  unkept = 0
  edge = []
  size = 0
  latest = 0
  counts = { entries: 0, missing: 0, checkpoints: 0, unsealed: 0, accounts: 0 }
  missing = new Map()
  stage = 0
  dropped = { entries: 0, until: Number.NEGATIVE_INFINITY }
  /** The one of the entries here that tells of the longest ago. */
  oldest = null
  /** Has anybody signed in yet, in a session that no seed tells of? */
  lived = false
  /** Up to here the log is the one that was signed; null from where it is not. */
  good = 0
  diverged = false
  signed = null
  witnessed = new Map()
  policyShown = false
  /** The latest that anything read so far was recorded; of a past that was told, when that was. */
  reached = Number.NEGATIVE_INFINITY

  /** The first part of the bundle, and the keys and kept checkpoints it is held against. Only witnesses that were named are believed. */
  constructor(head, { keyLine, witnessLines = [], kept = [], partial = false, now = Date.now() }) {
    this.now = now
    if (head?.bundle !== 'countersign-audit/1')
      throw new Unreadable(
        'this is no bundle of a kind this program knows: it wants what "countersign export audit" writes, or the proof of one entry',
      )
    const { size, from, to } = head
    if (![size, from, to].every(Number.isSafeInteger) || from < 0 || from > to || to > size)
      throw new Unreadable('the first line of this bundle is not what it should be')
    this.head = head
    this.key = readKey(keyLine ?? String(head.keys?.log))
    this.story = new Story((sentence) => this.wrong(sentence), hostOf(this.key.name))
    this.story.whole = from === 0 && to === size
    if (!this.story.whole && !partial)
      this.problem(
        `this bundle tells of the positions from ${from} to ${to - 1} of ${size} alone: say --partial if that is what you asked for`,
      )
    this.witnesses = witnessLines.map(readKey)
    this.kept = this.readKept(kept)
  }

  get problems() {
    return [...this.ofLog, ...this.ofStory]
  }

  problem(sentence) {
    if (this.ofLog.length < mostKept) this.ofLog.push(sentence)
    else this.unkept += 1
  }

  /** The same of the story it tells. A log that is wrong everywhere must not fill the memory of whoever looks. */
  wrong(sentence) {
    if (this.ofStory.length < mostKept) this.ofStory.push(sentence)
    else this.unkept += 1
  }

  /** Checkpoints the auditor has kept, by the size they are over. */
  readKept(notes) {
    const kept = new Map()
    for (const { note: whole } of notes) {
      const note = readNote(whole)
      if (!note || note.origin !== this.key.name || signedBy(note, this.key) !== true)
        throw new Unreadable('one of the checkpoints you kept is none of this log under the key you gave')
      const known = kept.get(note.size)
      if (known && !known.root.equals(note.root))
        this.problem(`two checkpoints over ${note.size} entries were signed with different roots: whoever holds the key forked the log`)
      kept.set(note.size, note)
    }
    return kept
  }

  /** Parts come in one order, and there is no other kind: what is not looked at must not be there. */
  take(part) {
    const kind = kinds.find((one) => part?.[one] !== undefined)
    const stage = stages[kind]
    if (stage === undefined || stage < this.stage || this.stage === stages.end) {
      this.problem(`after position ${this.size - 1} stands a line of the bundle that does not belong there`)
      return
    }
    if (this.stage === 0 && stage > 0) this.judgeMissing()
    this.stage = stage
    if (kind === 'position') this.leaf(part)
    else if (kind === 'checkpoint') this.checkpoint(part)
    else if (kind === 'unsealed') this.unsealed(part.unsealed)
    else if (kind === 'policy') this.policy(part.policy)
    else if (kind === 'account') this.account(part.account)
  }

  policy(policy) {
    if (this.policyShown) this.problem('the bundle says twice which policy is in force')
    this.policyShown = true
    if (this.head.to === this.head.size) this.story.comparePolicy(policy)
  }

  account(account) {
    this.counts.accounts += 1
    if (this.head.to === this.head.size) this.story.compare(account)
  }

  leaf({ position, hash, entry }) {
    if (position !== this.size && !this.hole) {
      this.hole = true
      this.problem(`the positions are not dense: after ${this.size - 1} comes ${position}`)
    }
    const stored = Buffer.from(String(hash), 'base64')
    if (stored.length !== 32) this.problem(`position ${position} has no hash`)
    const computed = entry ? sha256('\0', canonical(entry)) : stored
    if (!computed.equals(stored)) this.problem(`${named({ position, entry })}: it is not what was sealed at this position`)
    this.grow(computed)
    if (entry) {
      this.counts.entries += 1
      this.tell(position, entry)
    } else if (this.size - 1 >= this.head.from && this.size - 1 < this.head.to) this.lacks(position)
    const known = this.kept.get(this.size)
    if (known) this.compare(known, 'the checkpoint you kept')
  }

  /**
   * Counted by the day, so that a month that was dropped is a line and not a million. Nothing in the tree says when it was: not before what stands
   * before it was recorded.
   */
  lacks(position) {
    const which = Math.floor(this.reached / day)
    const known = this.missing.get(which)
    this.missing.set(which, { position: known?.position ?? position, after: this.reached })
    this.counts.missing += 1
    this.story.whole = false
  }

  grow(leaf) {
    let hash = leaf
    for (let at = this.size; at % 2 === 1; at = (at - 1) / 2) hash = nodeHash(this.edge.pop(), hash)
    this.edge.push(hash)
    this.size += 1
  }

  tell(position, entry) {
    const told = { position, entry, at: instantOf(entry.at) }
    const recorded = instantOf(entry.recordedAt)
    if (Number.isNaN(recorded) || Number.isNaN(told.at)) this.wrong(`${named(told)}: it does not say when it was`)
    if (recorded - told.at > hour && entry.origin?.channel !== 'seed')
      this.wrong(`${named(told)}: it tells of ${entry.at}, long before it was recorded`)
    if (!(recorded >= this.latest - toleratedMilliseconds))
      this.wrong(`${named(told)}: it was recorded at ${entry.recordedAt}, before the entries that stand before it`)
    if (!(told.at <= recorded)) this.wrong(`${named(told)}: it tells of ${entry.at}, which is after it was recorded`)
    if (!(recorded <= this.now + hour)) this.wrong(`${named(told)}: it was recorded at ${entry.recordedAt}, which is not yet`)
    this.latest = Math.max(this.latest, recorded)
    this.reached = Math.max(this.reached, entry.origin?.channel === 'seed' ? told.at : recorded)
    if (entry.type === 'audit.month-dropped') this.drops(told)
    else if (!this.oldest || told.at < this.oldest.at) this.oldest = { told, at: told.at }
    if (entry.origin?.channel !== 'seed' && entry.type === 'session.opened') this.lived = true
    if (this.lived && entry.origin?.channel === 'seed')
      this.wrong(`${named(told)}: it is told as from before anybody had signed in, and somebody had`)
    try {
      this.story.tell(told)
    } catch {
      this.wrong(`${named(told)}: what it tells cannot be understood`)
    }
  }

  /** A month leaves when a year has gone by, and not before. */
  drops(told) {
    const { entries, until } = told.entry.data
    if (!(Number.isInteger(entries) && entries >= 0 && Date.parse(until) <= told.at - leastRetentionMilliseconds)) {
      this.wrong(`${named(told)}: it says that entries were dropped which are not a year old`)
      return
    }
    this.dropped.entries += entries
    this.dropped.until = Math.max(this.dropped.until, Date.parse(until))
  }

  compare(note, whose) {
    if (rootOf(this.edge).equals(note.root)) {
      if (!this.diverged) this.good = note.size
      return true
    }
    if (!this.diverged)
      this.problem(
        `the log is not the one that was signed: it is up to position ${this.good - 1}, and between there and position ${note.size - 1} something was changed, taken out or put in (${whose} over ${note.size} entries)`,
      )
    this.diverged = true
    return false
  }

  checkpoint({ checkpoint, cosignatures = [] }) {
    this.counts.checkpoints += 1
    const note = readNote(checkpoint + signatureLines(cosignatures))
    const objection = this.objectionToCheckpoint(note)
    if (objection) this.problem(objection)
    if (objection || !this.compare(note, 'the checkpoint')) return
    this.signed = note.size
    for (const witness of this.witnesses) {
      const answer = signedBy(note, witness)
      if (answer === false) this.problem(`the cosignature of ${witness.name} under the checkpoint over ${note.size} entries is wrong`)
      if (answer) this.witnessed.set(witness.name, { size: note.size, at: signedAt(note, witness) })
    }
  }

  objectionToCheckpoint(note) {
    if (!note) return `after position ${this.size - 1} stands a checkpoint that cannot be read`
    if (note.origin !== this.key.name) return `a checkpoint over ${note.size} entries is of another log, ${note.origin}`
    if (signedBy(note, this.key) !== true) return `a checkpoint over ${note.size} entries was not signed with the key of this log`
    return note.size === this.size ? null : `a checkpoint over ${note.size} entries stands after ${this.size} of them`
  }

  /** What is missing must lie in months that were dropped, and be as many as these held. */
  judgeMissing() {
    if (this.oldest && this.oldest.at < this.dropped.until && this.counts.missing > 0)
      this.problem(
        `${named(this.oldest.told)}: it is there, and all from before ${new Date(this.dropped.until).toISOString()} is said to have left by whole months`,
      )
    const days = [...this.missing.values()]
    const unexplained = days.filter(({ after }) => this.dropped.entries === 0 || !(after <= this.dropped.until + hour))
    for (const { position, after } of unexplained.slice(0, 3))
      this.problem(
        `the entry at position ${position}${Number.isFinite(after) ? ` (after one of ${new Date(after).toISOString()})` : ''} is not there, and no dropped month explains it`,
      )
    const { missing } = this.counts
    if (unexplained.length === 0 && missing > this.dropped.entries)
      this.problem(
        `${missing} entries are not there, from position ${days[0].position} on; the dropped months held ${this.dropped.entries}`,
      )
  }

  /** Whatever is in no tree is signed by nobody and explains nothing. */
  unsealed(entry) {
    this.counts.unsealed += 1
    this.problem(`${named({ position: null, entry })}: it has no place in the log`)
  }

  /** What a witness has not seen, whoever holds the key may have told otherwise. */
  judgeWitness(name) {
    const seen = this.witnessed.get(name)
    if (!seen) this.problem(`the witness ${name} has signed no checkpoint that holds in this bundle`)
    else if (seen.size < this.size)
      this.problem(
        `the positions from ${seen.size} to ${this.size - 1} came after the last checkpoint that the witness ${name} has signed, at ${seen.at}: ask for another bundle once it has seen them`,
      )
  }

  /** What can only be said once everything was read. */
  end() {
    const { size } = this.head
    if (this.stage === 0) this.judgeMissing()
    for (const kept of this.kept.keys())
      if (kept > this.size)
        this.problem(
          `you kept a checkpoint over ${kept} entries and the log shown to you has ${this.size}: after position ${this.good - 1} it was cut or rolled back, or this bundle is older than your checkpoint (then ask for a newer one)`,
        )
    if (this.stage !== stages.end) this.problem('the bundle ends before its end: it was cut')
    if (this.size !== size) this.problem(`the bundle says ${size} positions and holds ${this.size}`)
    if (this.signed === null) this.problem('no checkpoint under the key of this log holds')
    else if (this.signed < this.size)
      this.problem(`the positions from ${this.signed} to ${this.size - 1} are under no checkpoint that holds`)
    if (this.head.to === size && !this.policyShown) this.problem('the bundle does not say which policy is in force')
    for (const { name } of this.witnesses) this.judgeWitness(name)
    if (this.stage === stages.end) this.story.end()
    return this.problems
  }
}

// ── one entry alone ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** The root that a leaf at this position and these hashes lead to (RFC 9162, section 2.1.3.2); null where they are too many or too few. */
const rootByInclusion = (leaf, position, size, hashes) => {
  let [at, last, hash] = [position, size - 1, leaf]
  for (const other of hashes) {
    if (last === 0) return null
    const left = at % 2 === 1 || at === last
    hash = left ? nodeHash(other, hash) : nodeHash(hash, other)
    while (left && at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)]
    ;[at, last] = [Math.floor(at / 2), Math.floor(last / 2)]
  }
  return last === 0 ? hash : null
}

/** What a downloaded proof says of one entry, as sentences; the first says whether it holds. */
export const judgeProof = ({ position, entry, hashes, checkpoint, cosignatures, key: ownKey }, { keyLine, witnessLines = [] }) => {
  if (!Number.isSafeInteger(position) || position < 0) throw new Unreadable('this proof names no position')
  if (!keyLine && !ownKey) throw new Unreadable('give the public key of the log with --key')
  const key = readKey(keyLine ?? ownKey)
  const note = readNote(checkpoint + signatureLines(cosignatures))
  if (!note || note.origin !== key.name || signedBy(note, key) !== true)
    return { holds: false, sentences: ['It does not hold: its checkpoint was not signed with the key of this log.'] }
  const leaf = sha256('\0', canonical(entry))
  const root =
    position < note.size
      ? rootByInclusion(
          leaf,
          position,
          note.size,
          hashes.map((one) => Buffer.from(one, 'base64')),
        )
      : null
  if (!root?.equals(note.root))
    return { holds: false, sentences: ['It does not hold: this entry is not the one at that place of the log.'] }
  const [unsigned] = witnessLines.map(readKey).filter((witness) => signedBy(note, witness) !== true)
  if (unsigned) return { holds: false, sentences: [`It does not hold: the witness ${unsigned.name} has not signed this checkpoint.`] }
  const text = signedText(entry)
  const wrong = text === null ? null : objectionToSignature(entry.data.signed, text, hostOf(key.name))
  if (wrong) return { holds: false, sentences: [`It does not hold: what it tells ${wrong}.`] }
  const seen = witnessLines.map(readKey)
  return {
    holds: true,
    sentences: [
      `It holds: this entry (${entry.type}, of ${entry.at}) stands at position ${position} of the log ${key.name}, in a signed checkpoint over ${note.size} entries.`,
      ...(text === null
        ? []
        : [
            `It was signed by the passkey ${entry.data.signed.passkeyId}, over exactly what it tells. Whose passkey that is, the entry that added it tells: passkey.added.`,
          ]),
      ...seen.map(({ name }) => `Witness ${name} has seen the log of that size.`),
      ...(keyLine ? [] : [`The key came with the proof. Compare it with the one you were given: ${key.line}`]),
    ],
  }
}

// ── the answer ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const mostShown = 20
/** Letters: a list, or a policy, has some hundred thousand at most. */
const longestLine = 8_000_000
/** Nothing in a bundle writes lines of its own. */
const plain = (text) => text.replace(/\p{Cc}/gu, '?')
const number = (value) => value.toLocaleString('en')

const linesOf = async function* (file) {
  const source = createReadStream(file)
  const input = file.endsWith('.gz') ? source.pipe(createGunzip()) : source
  source.on('error', (error) => input.destroy(error))
  const decoder = new TextDecoder()
  let pieces = []
  let length = 0
  for await (const chunk of input) {
    const text = decoder.decode(chunk, { stream: true })
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      yield pieces.join('') + text.slice(from, end)
      pieces = []
      length = 0
      from = end + 1
    }
    pieces.push(text.slice(from))
    length += text.length - from
    if (length > longestLine) throw new Unreadable('a line of this file is longer than any of a bundle')
  }
  if (length > 0) yield pieces.join('')
}

const firstLine = async (file) => {
  for await (const line of linesOf(file)) return line
  throw new Unreadable('this file is empty')
}

const read = async (file, given) => {
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1000
  let found = null
  for await (const line of linesOf(file)) {
    const part = JSON.parse(line)
    // Read back as it was written: nothing said twice, nothing that reads as something else.
    if (JSON.stringify(part) !== line) throw new Unreadable('a line of this bundle is not as the product writes it')
    if (found) found.take(part)
    else found = new Verification(part, given)
    if (process.stderr.isTTY && found.size % 10_000 === 0)
      process.stderr.write(`\r${number(found.size)} of ${number(found.head.size)} positions, ${seconds().toFixed(0)} s `)
  }
  if (!found) throw new Unreadable('this file is empty')
  found.end()
  return { found, seconds: seconds() }
}

/** A kept checkpoint is a note, or lines of JSON that hold one each, as the product writes them. */
const notesIn = (file) => {
  const text = readFileSync(file, 'utf8')
  if (!text.startsWith('{')) return [{ at: null, note: text }]
  return text
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => {
      try {
        const kept = JSON.parse(line)
        if (typeof kept?.note === 'string') return [kept]
        throw new Unreadable(`${file}: a line of it has no checkpoint under "note"`)
      } catch (error) {
        if (error instanceof Unreadable) throw error
        process.stderr.write(`${file}: a line was cut short and is left out\n`)
        return []
      }
    })
}

const aboutWitnesses = ({ witnesses, witnessed, size, head }) => {
  const unnamed = (head.keys?.witnesses ?? []).filter((line) => !witnesses.some((witness) => witness.line === line))
  return [
    ...witnesses
      .filter(({ name }) => witnessed.has(name))
      .map(({ name }) => {
        const seen = witnessed.get(name)
        return `Witness ${name} has signed, at ${seen.at}, that the first ${number(seen.size)} of ${number(size)} entries follow from all it had seen before.`
      }),
    ...(witnesses.length === 0 ? ['No witness was named with --witness: whether anybody else has seen this log grow is not known.'] : []),
    ...unnamed.map((line) => `The bundle names a witness that you did not; if you trust it, give its key: --witness '${line}'`),
  ]
}

const summary = ({ key, size, counts, story, head }, seconds, keyGiven) => [
  `Log ${key.name}, ${number(size)} positions, ${number(counts.entries)} entries read, ${number(counts.checkpoints)} checkpoints, ${number(counts.accounts)} accounts; ${seconds.toFixed(1)} s.`,
  `Exported, as it says itself, at ${head.exportedAt ?? 'no time'}.`,
  ...(keyGiven
    ? []
    : [
        'The key came from the bundle itself. Compare it with the one you were given when the log began, or give it with --key:',
        `  ${key.line}`,
      ]),
  ...(head.to - head.from < head.size ? [`Entries ${head.from} to ${head.to - 1} were asked for; of the others there are hashes.`] : []),
  ...(counts.missing > 0 ? [`No longer kept, but for their hashes: ${number(counts.missing)}.`] : []),
  ...(story.whole
    ? []
    : [
        'Not everything from the beginning is here. Not judged: accounts, roles and requests that began in what is missing, and whether the list of accounts and roles is complete.',
      ]),
]

const worded = {
  passkey: 'signed by a passkey over exactly what was decided',
  'unknown-passkey': 'signed by a passkey of which this bundle does not tell whose it is',
  totp: 'behind a code of an authenticator application',
  'recovery-code': 'behind a recovery code',
  session: 'from an open session, with nothing asked afresh',
}

const aboutCountersignatures = ({ story: { given } }) =>
  given.size === 0
    ? []
    : [
        `Countersignatures: ${Object.entries(worded)
          .filter(([assurance]) => given.has(assurance))
          .map(([assurance, words]) => `${number(given.get(assurance))} ${words}`)
          .join('; ')}.`,
      ]

const verdict = ({ problems, unkept, signed, story: { whole } }) => {
  const many = problems.length + unkept
  if (problems.length === 0)
    return [
      `All of it holds: ${number(signed)} positions stand under a signed checkpoint; every countersignature that is told here was somebody else's and independent${whole ? ', and the accounts are what the log leads to' : ''}.`,
    ]
  return [
    `${number(many)} thing${many > 1 ? 's do' : ' does'} not hold, first of the log itself, then of the story it tells:`,
    ...problems.slice(0, mostShown).map((sentence) => `  ✗ ${sentence}`),
    ...(many > mostShown ? [`  … and ${number(many - mostShown)} more`] : []),
  ]
}

const usage = 'node countersign-verify.mjs BUNDLE-OR-PROOF --key LINE [--witness LINE]... [--checkpoints FILE]... [--partial]'

const main = async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      key: { type: 'string' },
      witness: { type: 'string', multiple: true },
      checkpoints: { type: 'string', multiple: true },
      partial: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const [file] = positionals
  if (!file || positionals.length > 1 || values.help) throw new Unreadable(usage)
  const given = { keyLine: values.key, witnessLines: values.witness ?? [] }
  const start = await firstLine(file)
  if (start.startsWith('{"proof":"countersign-proof/1"')) {
    const { holds, sentences } = judgeProof(JSON.parse(start), given)
    process.stdout.write(`${sentences.map(plain).join('\n')}\n`)
    return holds ? 0 : 1
  }
  const kept = (values.checkpoints ?? []).flatMap(notesIn)
  const { found, seconds } = await read(file, { ...given, kept, partial: values.partial })
  const sentences = [
    ...summary(found, seconds, values.key !== undefined),
    ...aboutWitnesses(found),
    ...aboutCountersignatures(found),
    ...verdict(found),
  ]
  process.stdout.write(`${sentences.map(plain).join('\n')}\n`)
  return found.problems.length === 0 ? 0 : 1
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    process.exitCode = await main()
  } catch (error) {
    process.stderr.write(
      `${error instanceof Unreadable ? error.message : `it could not be read: ${error instanceof Error ? error.message : error}`}\n`,
    )
    process.exitCode = 2
  }
}
