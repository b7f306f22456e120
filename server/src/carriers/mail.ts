import { createTransport } from 'nodemailer'
import { type LinkKind, links } from '../features/links/links.store.ts'
import { mailbox } from '../features/mailbox/mailbox.store.ts'
import type { Db } from '../kernel/db.ts'
import { type Carrier, type Delivery, type Destination, type Due, mailboxRefused } from '../kernel/outbox.ts'
import { hashToken, newToken } from '../kernel/secrets.ts'
import { addressees } from './addressees.store.ts'
import { type MailFacts, type MailKind, wordMail } from './mail-texts.ts'

export type Post = (mail: { accountId: string; recipient: string; subject: string; body: string }) => Promise<void>

/** No mailbox gets more than this, whatever is clicked; the rest waits. Of a mere notice fewer, so that a countersigned link has room. */
const mailsPerHour = 3
const noticesPerHour = 1
/** What only somebody with the account's own credentials sets off: nothing that strangers can must hold it up. */
const byOwner: ReadonlySet<MailKind> = new Set(['signedIn', 'passkeysChanged', 'identitiesChanged'])
const postponed = { postponedMinutes: 20 } as const

/** The server said no to this recipient (RFC 5321: the answer to RCPT TO), and not that it is down or knows us not. */
const isMailboxRefused = (error: unknown): boolean => error instanceof Error && 'command' in error && error.command === 'RCPT TO'

export const smtpPost = (url: string, from: string): Post => {
  const { protocol, hostname, port, username, password } = new URL(url)
  const secure = protocol === 'smtps:'
  const auth = username ? { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } } : {}
  const patience = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 }
  const transport = createTransport({ host: hostname, port: Number(port || (secure ? 465 : 587)), secure, ...auth, ...patience })
  return async ({ recipient, subject, body }) => {
    try {
      await transport.sendMail({ from, to: { name: '', address: recipient }, subject, text: body })
    } catch (error) {
      throw isMailboxRefused(error) ? Object.assign(new Error(mailboxRefused), { code: mailboxRefused }) : error
    }
  }
}

/** The demo sends nothing: its mailbox page shows what would have gone out. */
export const demoPost =
  (db: Db): Post =>
  (mail) =>
    mailbox.keep(db, mail)

const until = (at: Date, language: 'fr' | 'en') =>
  new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short', timeZone: 'Europe/Paris' }).format(at)

type Carriage = { readonly post: Post; readonly publicUrl: string }

/** To the person, with a link: the token is made here, goes into the mail, and only its hash stays. */
const withLink =
  ({ post, publicUrl }: Carriage, kind: MailKind, linkKinds: readonly LinkKind[], page: 'link' | 'disown'): Carrier =>
  async (db, { accountId, entryId }): Promise<Delivery> => {
    const person = await addressees.find(db, accountId)
    if (person?.status !== 'active' || (kind === 'invitation' && (await addressees.wasHandedOver(db, accountId)))) return 'pointless'
    if (kind === 'resetAsked' && !(await addressees.waitingOf(db, entryId))) return 'pointless'
    const { all, notices } = await addressees.mailsLastHour(db, accountId)
    if (!byOwner.has(kind) && (all >= mailsPerHour || (kind === 'resetAsked' && notices >= noticesPerHour))) return postponed
    const token = newToken()
    const link = await links.mint(db, { accountId, entryId, kinds: linkKinds, hash: hashToken(token) })
    if (!link) return 'pointless'
    const facts: MailFacts = {
      ...person,
      address: `${publicUrl}/${page}#${token}`,
      until: until(link.expiresAt, person.language),
      about: person.name,
    }
    await post({ accountId, recipient: person.email, ...wordMail(kind, person.language, facts) })
    return 'delivered'
  }

type ToBefore = 'contactAsked' | 'contactLeft' | 'resetAskedBefore'

/** Where somebody was written to before, and the change it is about; null where there is nothing to tell any more. */
const addressBefore: Record<ToBefore, (db: Db, due: Due) => Promise<{ email: string; requestId: string } | null>> = {
  contactAsked: async (db, { entryId }) => ((await addressees.waitingOf(db, entryId)) ? addressees.before(db, entryId) : null),
  contactLeft: (db, { entryId }) => addressees.before(db, entryId),
  resetAskedBefore: async (db, { entryId, accountId }) =>
    (await addressees.waitingOf(db, entryId)) ? addressees.lately(db, accountId) : null,
}

/**
 * To the address that is to be left, or was: whoever takes an account over moves it to an address of theirs first. Nothing holds up that it
 * was; what is merely asked for is told once an hour.
 */
const toAddressBefore =
  ({ post, publicUrl }: Carriage, kind: ToBefore): Carrier =>
  async (db, due): Promise<Delivery> => {
    const { accountId } = due
    const [person, before] = [await addressees.find(db, accountId), await addressBefore[kind](db, due)]
    if (!person || person.status === 'revoked' || !before) return 'pointless'
    if (kind !== 'contactLeft' && (await addressees.mailsLastHour(db, accountId)).toBefore >= noticesPerHour) return postponed
    const token = newToken()
    const link = await links.mint(db, { accountId, kinds: ['disown'], hash: hashToken(token), requestId: before.requestId })
    // Where the link is dead by now, they are told all the same.
    const facts: MailFacts = {
      ...person,
      address: link ? `${publicUrl}/disown#${token}` : '',
      until: link ? until(link.expiresAt, person.language) : '',
      about: person.name,
    }
    await post({ accountId, recipient: before.email, ...wordMail(kind, person.language, facts) })
    return 'delivered'
  }

/** To the person, with nothing to click but their own page; whether or not they are in, as long as they may come back. */
const toThemselves =
  ({ post, publicUrl }: Carriage, kind: 'contactChanged' | 'contactRestored'): Carrier =>
  async (db, { accountId }): Promise<Delivery> => {
    const person = await addressees.find(db, accountId)
    if (!person || !(person.status === 'active' || (kind === 'contactRestored' && person.status === 'suspended'))) return 'pointless'
    const facts: MailFacts = { ...person, address: `${publicUrl}/me`, until: '', about: person.name }
    await post({ accountId, recipient: person.email, ...wordMail(kind, person.language, facts) })
    return 'delivered'
  }

/** To one of those who answer for the account: the second pair of eyes on a reset, and on a denial. */
const ofAccount =
  ({ post, publicUrl }: Carriage, kind: MailKind): Carrier =>
  async (db, { accountId, entryId }): Promise<Delivery> => {
    const [reader, person] = [await addressees.find(db, accountId), await addressees.about(db, entryId)]
    if (reader?.status !== 'active' || !person) return 'pointless'
    const facts: MailFacts = {
      ...reader,
      place: person.place,
      about: person.name,
      address: `${publicUrl}/accounts/${person.id}`,
      until: '',
    }
    await post({ accountId, recipient: reader.email, ...wordMail(kind, reader.language, facts) })
    return 'delivered'
  }

/** To one of those who could hold a mass action up. */
const ofBulk =
  ({ post, publicUrl }: Carriage): Carrier =>
  async (db, { accountId, entryId }): Promise<Delivery> => {
    const [reader, bulk] = [await addressees.find(db, accountId), await addressees.bulkOf(db, entryId, accountId)]
    if (reader?.status !== 'active' || !bulk) return 'pointless'
    const { id, orderer, place, seen, ...mass } = bulk
    // Whoever answers for a part of it sees that part in the list of accounts, and not the whole.
    const address = seen ? `${publicUrl}/bulks/${id}` : `${publicUrl}/accounts?status=suspended`
    const facts: MailFacts = { ...reader, place, about: orderer, address, until: '', mass: { ...mass, whole: seen } }
    await post({ accountId, recipient: reader.email, ...wordMail('bulk', reader.language, facts) })
    return 'delivered'
  }

/** To one of those who can put a suspect out. */
const ofSignal =
  ({ post, publicUrl }: Carriage): Carrier =>
  async (db, { accountId, entryId }): Promise<Delivery> => {
    const [reader, found] = [await addressees.find(db, accountId), await addressees.findingOf(db, entryId)]
    if (reader?.status !== 'active' || !found) return 'pointless'
    const facts: MailFacts = { ...reader, ...found, address: `${publicUrl}/signals`, until: '' }
    await post({ accountId, recipient: reader.email, ...wordMail('signal', reader.language, facts) })
    return 'delivered'
  }

/** To one of those who may sign what waits; to nobody once it is decided. */
const ofWaiting =
  ({ post, publicUrl }: Carriage): Carrier =>
  async (db, { accountId, entryId }): Promise<Delivery> => {
    const [reader, waiting] = [await addressees.find(db, accountId), await addressees.waitingOf(db, entryId)]
    if (reader?.status !== 'active' || !waiting) return 'pointless'
    const { id, reference, place, expiresAt } = waiting
    const facts: MailFacts = {
      ...reader,
      place,
      about: String(reference),
      address: `${publicUrl}/requests?request=${id}`,
      until: until(expiresAt, reader.language),
    }
    await post({ accountId, recipient: reader.email, ...wordMail('waiting', reader.language, facts) })
    return 'delivered'
  }

/** To whoever is named by somebody who is away. */
const ofAbsence =
  ({ post, publicUrl }: Carriage): Carrier =>
  async (db, { accountId, entryId }): Promise<Delivery> => {
    const [reader, away] = [await addressees.find(db, accountId), await addressees.absenceOf(db, entryId)]
    if (reader?.status !== 'active' || !away) return 'pointless'
    // On the first day, not months before.
    if (away.days > 0) return { postponedMinutes: 6 * 60 }
    const day = (iso: string) => new Intl.DateTimeFormat(reader.language, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(iso))
    const facts: MailFacts = {
      ...reader,
      place: day(away.from),
      about: away.name,
      address: `${publicUrl}/requests`,
      until: day(away.until),
    }
    await post({ accountId, recipient: reader.email, ...wordMail('standingIn', reader.language, facts) })
    return 'delivered'
  }

/** To those who watch over the network: what should never happen has happened in this place. */
const toGuardians =
  ({ post, publicUrl }: Carriage, kind: MailKind, page: string): Carrier =>
  async (db, { accountId, entryId }): Promise<Delivery> => {
    const [reader, place] = [await addressees.find(db, accountId), await addressees.placeOf(db, entryId)]
    if (reader?.status !== 'active' || !place) return 'pointless'
    const facts: MailFacts = { ...reader, place, about: place, address: `${publicUrl}${page}`, until: '' }
    await post({ accountId, recipient: reader.email, ...wordMail(kind, reader.language, facts) })
    return 'delivered'
  }

/** Who carries what. Each converges on the present state of the account, so delivering twice does no harm. */
export const mailCarriers = (carriage: Carriage): Record<Destination, Carrier> => ({
  'mail.invitation': withLink(carriage, 'invitation', ['invitation'], 'link'),
  'mail.enrolment': withLink(carriage, 'enrolment', ['enrolment'], 'link'),
  'mail.reset-asked': withLink(carriage, 'resetAsked', ['disown'], 'disown'),
  'mail.reset-asked-before': toAddressBefore(carriage, 'resetAskedBefore'),
  'mail.contact-asked': toAddressBefore(carriage, 'contactAsked'),
  'mail.contact-left': toAddressBefore(carriage, 'contactLeft'),
  'mail.contact-changed': toThemselves(carriage, 'contactChanged'),
  'mail.contact-notice': ofAccount(carriage, 'contactNotice'),
  'mail.contact-restored': toThemselves(carriage, 'contactRestored'),
  'mail.restored-notice': ofAccount(carriage, 'restoredNotice'),
  'mail.reset-link': withLink(carriage, 'resetLink', ['reset'], 'link'),
  'mail.reset-notice': ofAccount(carriage, 'resetNotice'),
  'mail.ended': ofAccount(carriage, 'ended'),
  'mail.contained': ofAccount(carriage, 'contained'),
  'mail.bulk': ofBulk(carriage),
  'mail.signal': ofSignal(carriage),
  'mail.one-enough': toGuardians(carriage, 'oneEnough', '/organisations'),
  'mail.seal-broken': toGuardians(carriage, 'sealBroken', '/audit/proof'),
  'mail.console': toGuardians(carriage, 'console', '/audit?type=console.suspended'),
  'mail.signed-in': withLink(carriage, 'signedIn', ['disown'], 'disown'),
  'mail.waiting': ofWaiting(carriage),
  'mail.standing-in': ofAbsence(carriage),
  'mail.passkeys-changed': withLink(carriage, 'passkeysChanged', ['disown'], 'disown'),
  'mail.identities-changed': withLink(carriage, 'identitiesChanged', ['disown'], 'disown'),
})
