import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ago, exactly, onDay, onDayShort, remaining } from '../lib/format.ts'
import { useLanguage } from '../lib/language.ts'

/** Relative to read, exact on hover and to screen readers. */
export const When = ({ at }: { at: string }) => {
  const language = useLanguage()
  return (
    <time dateTime={at} title={exactly(at, language)} className="nowrap">
      {ago(at, language)}
      <span className="hidden"> ({exactly(at, language)})</span>
    </time>
  )
}

export const Day = ({ on, short = false }: { on: string; short?: boolean }) => (
  <time dateTime={on} className="nowrap">
    {(short ? onDayShort : onDay)(on, useLanguage())}
  </time>
)

/** What is left until a deadline, as it runs out. Not announced every second: screen readers are told the exact time. */
export const Countdown = ({ until, over }: { until: string; over: string }) => {
  const language = useLanguage()
  const { t } = useTranslation()
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  const left = new Date(until).getTime() - now
  return (
    <time
      dateTime={until}
      title={exactly(until, language)}
      className="nowrap"
      style={{ color: left < 3_600_000 ? 'var(--danger)' : undefined }}
    >
      <span aria-hidden="true">{left <= 0 ? over : remaining(left, t('common.days'))}</span>
      <span className="hidden">{exactly(until, language)}</span>
    </time>
  )
}
