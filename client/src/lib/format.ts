import type { Language } from './language.ts'

const zone = 'Europe/Paris'

const relative = { fr: new Intl.RelativeTimeFormat('fr', { numeric: 'auto' }), en: new Intl.RelativeTimeFormat('en', { numeric: 'auto' }) }
const dateTime = {
  fr: new Intl.DateTimeFormat('fr', { dateStyle: 'medium', timeStyle: 'short', timeZone: zone }),
  en: new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: zone }),
}
const second = {
  fr: new Intl.DateTimeFormat('fr', { dateStyle: 'short', timeStyle: 'medium', timeZone: zone }),
  en: new Intl.DateTimeFormat('en-GB', { dateStyle: 'short', timeStyle: 'medium', timeZone: zone }),
}
const day = {
  fr: new Intl.DateTimeFormat('fr', { dateStyle: 'medium', timeZone: zone }),
  en: new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: zone }),
}
const shortDay = {
  fr: new Intl.DateTimeFormat('fr', { dateStyle: 'short', timeZone: zone }),
  en: new Intl.DateTimeFormat('en-GB', { dateStyle: 'short', timeZone: zone }),
}
const number = { fr: new Intl.NumberFormat('fr'), en: new Intl.NumberFormat('en-GB') }

const units = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** "il y a 3 jours", "in 2 hours". */
export const ago = (iso: string, language: Language, now = Date.now()): string => {
  const seconds = Math.round((new Date(iso).getTime() - now) / 1000)
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? units[units.length - 1] ?? ['second', 1]
  return relative[language].format(Math.trunc(seconds / size), unit)
}

export const exactly = (iso: string, language: Language): string => dateTime[language].format(new Date(iso))
/** For stories, where much happens within a minute. */
export const toTheSecond = (iso: string, language: Language): string => second[language].format(new Date(iso))
const noonOf = (iso: string): Date => new Date(iso.length === 10 ? `${iso}T12:00:00Z` : iso)
export const onDay = (iso: string, language: Language): string => day[language].format(noonOf(iso))
/** For columns: 31/12/2027. */
export const onDayShort = (iso: string, language: Language): string => shortDay[language].format(noonOf(iso))
export const count = (value: number, language: Language): string => number[language].format(value)

/** "1 h 04", "12 min 30": what is left until a deadline, never negative. */
export const remaining = (milliseconds: number, day: string): string => {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor((seconds % 86_400) / 3600), Math.floor((seconds % 3600) / 60)]
  const two = (value: number) => String(value).padStart(2, '0')
  if (days > 0) return `${days} ${day} ${two(hours)} h`
  return hours > 0 ? `${hours} h ${two(minutes)}` : `${minutes} min ${two(seconds % 60)}`
}

/** A number as one dials it in France, in pairs; any other as it is kept. */
export const phoneNumber = (e164: string): string =>
  /^\+33\d{9}$/.test(e164) ? `0${e164.slice(3)}`.replace(/(\d\d)(?=\d)/g, '$1\u00a0') : e164

/** A moment as a field of date and time takes it, by the clock of the browser. */
export const asField = (at: Date): string => new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)

/** The day that many days ago, as filters take it. */
export const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)
