import type { EventData, EventType } from '@countersign/shared/events.ts'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { count, exactly, onDay, toTheSecond } from '../lib/format.ts'
import { useLanguage } from '../lib/language.ts'
import { usePolicySentences } from './policy-sentences.ts'
import { When } from './when.tsx'

type Entry = {
  readonly id: string
  readonly at: string
  readonly type: EventType
  readonly actor: { readonly name: string } | null
  /** Whom it is about, where a list tells of several. */
  readonly subject?: { readonly name: string | null; readonly kind: string }
  readonly channel: string
  readonly data: Record<string, unknown>
}

const tones: { readonly [T in EventType]?: 'danger' | 'good' } = {
  'account.created': 'good',
  'account.reinstated': 'good',
  'account.ending-undone': 'good',
  'account.suspended': 'danger',
  'account.revoked': 'danger',
  'account.locked-out': 'danger',
  'request.found-dependent': 'danger',
  'attempt.refused': 'danger',
  'sign-in.failed': 'danger',
  'link.disowned': 'danger',
}

/** Done by nobody but the person themselves, before they had a session. */
const bySelf: ReadonlySet<EventType> = new Set(['session.opened', 'account.enrolled', 'link.disowned'])

/** Codes an entry tells in, and where the words for them are. */
const coded = [
  ['assurance', (value) => `proof.assurance.${value}`],
  ['role', (value) => `role.${value}`],
  ['profile', (value) => `profile.${value}`],
  ['outcome', (value) => `outcome.${value}`],
  ['cause', (value) => `cause.${value}`],
  ['code', (value) => `refusal.${value}`],
  ['verb', (value) => `bulk.noun.${value}`],
  ['rule', (value) => `signal.rule.${value}.title`],
  ['severity', (value) => `signal.severity.${value}`],
] as const satisfies readonly (readonly [string, (value: string) => string])[]

/** What an entry tells beside who and when, in words where there are words for it. */
export const useEntryDetail = () => {
  const { t, i18n } = useTranslation()
  const language = useLanguage()
  const worded = (key: string, value: string) => (i18n.exists(key) ? t(key as 'agent') : value)
  const sentences = usePolicySentences()
  const own: { readonly [T in EventType]?: (data: EventData[T]) => string } = {
    'account.contact-changed': ({ email, phone }) =>
      [email ? t('filing.email') : '', phone ? t('filing.phone') : ''].filter((one) => one !== '').join(', '),
    'session.opened': ({ method }) => worded(`account.method.${method}`, ''),
    'incident.dated': ({ before, after }) => `${exactly(before, language)} → ${exactly(after, language)}`,
    'incident.notified': ({ at, reference }) => `${exactly(at, language)} · ${reference}`,
    'policy.set': ({ before, after }) =>
      sentences(after)
        .filter((one) => !sentences(before).includes(one))
        .join(' '),
    'audit.retention-set': ({ monthsBefore, months }) => t('audit.told.keep', { before: monthsBefore, after: months }),
    'audit.month-dropped': ({ until, entries }) =>
      `${t('audit.told.until', { day: onDay(until, language) })} · ${t('audit.told.entries', { shown: count(entries, language) })}`,
  }
  return (type: EventType, data: Record<string, unknown>): string => {
    const text = (name: string) => (typeof data[name] === 'string' ? String(data[name]) : '')
    const parts = [
      ...coded.map(([name, key]) => text(name) && worded(key(text(name)), text(name))),
      text('reason') &&
        worded(`endReason.${text('reason')}`, worded(`outcome.${text('reason')}`, worded(`voidReason.${text('reason')}`, text('reason')))),
      ...(['change', 'accounts', 'done', 'skipped', 'left'] as const).map((name) =>
        typeof data[name] === 'number' && type.startsWith('bulk.') ? t(`bulk.told.${name}`, { shown: count(data[name], language) }) : '',
      ),
      ...(['reached', 'contained'] as const).map((name) =>
        typeof data[name] === 'number' && type.startsWith('incident.')
          ? t(`incident.told.${name}`, { count: data[name], shown: count(data[name], language) })
          : '',
      ),
      own[type]?.(data as never),
      text('justification') && t('bulk.quoted', { text: text('justification') }),
      text('reportHash') && `${t('bulk.reportHash')} ${text('reportHash').slice(0, 12)}…`,
      text('note'),
      text('kind') && worded(`kind.${text('kind')}`, text('kind')),
      text('before') && text('after') && type.startsWith('account.')
        ? `${worded(`status.${text('before')}`, text('before'))} → ${worded(`status.${text('after')}`, text('after'))}`
        : '',
    ]
    return parts.filter(Boolean).join(' · ')
  }
}

/** Who stands behind an entry that no signed-in person made. */
export const useActorless = () => {
  const { t } = useTranslation()
  return ({ type, channel }: { readonly type: EventType; readonly channel: string }): string => {
    if (bySelf.has(type)) return t('common.self')
    if (type === 'sign-in.failed') return t('common.unknown')
    if (channel === 'cli') return t('common.console')
    return channel === 'job' ? t('common.system') : t('common.nobody')
  }
}

/** A life as a line of dots, newest first. */
export const Timeline = ({ entries, exact = false }: { entries: readonly Entry[]; exact?: boolean }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const detail = useEntryDetail()
  const actorless = useActorless()
  return (
    <ol className="line">
      {entries.map((entry) => (
        <li key={entry.id} className={tones[entry.type]}>
          <span className="strong">{t(`event.${entry.type}`)}</span>
          {exact && entry.subject?.kind === 'account' ? ` · ${entry.subject.name}` : ''}{' '}
          <span className="soft">{detail(entry.type, entry.data)}</span>{' '}
          {typeof entry.data['bulkId'] === 'string' ? (
            <Link to="/bulks/$bulkId" params={{ bulkId: entry.data['bulkId'] }}>
              {t('bulk.see')}
            </Link>
          ) : null}
          <div className="soft small">
            {exact ? <time dateTime={entry.at}>{toTheSecond(entry.at, language)}</time> : <When at={entry.at} />}
            {bySelf.has(entry.type) ? null : ` · ${entry.actor?.name ?? actorless(entry)}`}
          </div>
        </li>
      ))}
    </ol>
  )
}
