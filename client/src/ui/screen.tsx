import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

/** One sentence, one action. */
export const Empty = ({ children, action }: { children: ReactNode; action?: ReactNode }) => (
  <div className="card stack tight" role="status">
    <p style={{ margin: 0 }}>{children}</p>
    {action}
  </div>
)

/** The shape of a list, after 150 ms. */
export const Skeleton = ({ rows = 8 }: { rows?: number }) => {
  const { t } = useTranslation()
  return (
    <div className="page">
      <div className="card skeleton" style={{ padding: 4 }} role="status" aria-label={t('common.loading')}>
        {Array.from({ length: rows }, (_, row) => (
          <i key={String(row)} style={{ width: `${92 - ((row * 17) % 40)}%` }} />
        ))}
      </div>
    </div>
  )
}

/** What happened, what to do, a reference. What is missing or not allowed is no failure, and offers the way home. */
export const Failed = ({ error, reset }: { error: unknown; reset?: () => void }) => {
  const { t } = useTranslation()
  const message = error instanceof Error ? error.message : 'unknown'
  if (message === 'not-found' || message === 'not-permitted') {
    return (
      <div className="page">
        <div className="card stack" role="alert">
          <h1>{t(message === 'not-found' ? 'common.notFound' : 'common.forbidden')}</h1>
          <p style={{ margin: 0 }}>{t(message === 'not-found' ? 'common.notFoundHint' : 'refusal.not-permitted')}</p>
          <div>
            <Button component="a" href="/" variant="default">
              {t('common.home')}
            </Button>
          </div>
        </div>
      </div>
    )
  }
  return (
    <div className="page">
      <div className="card stack" role="alert">
        <h1>{t('common.broken')}</h1>
        <p style={{ margin: 0 }}>
          {t('common.brokenHint')} <code>{message.slice(0, 80)}</code>
        </p>
        {reset ? (
          <div>
            <Button onClick={reset}>{t('common.retry')}</Button>
          </div>
        ) : null}
      </div>
    </div>
  )
}
