import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { trpc } from '../../lib/trpc.ts'
import { Empty, Failed, Skeleton } from '../../ui/screen.tsx'
import { When } from '../../ui/when.tsx'

const refreshMilliseconds = 2000

const linkIn = (body: string): string | null => /https?:\/\/\S+/.exec(body)?.[0] ?? null

/** The demo's stand-in for everybody's mailbox, open without signing in because the mails are for people who cannot yet. */
export const MailboxPage = () => {
  const { t } = useTranslation()
  const mails = useQuery({ ...trpc.mailbox.list.queryOptions(), refetchInterval: refreshMilliseconds })
  if (mails.isPending) return <Skeleton />
  if (mails.isError) return <Failed error={mails.error} />
  return (
    <main className="page" style={{ maxWidth: 860 }}>
      <div className="row between wrap">
        <h1>{t('mailbox.title')}</h1>
        <Link to="/">{t('common.back')}</Link>
      </div>
      <p className="soft" style={{ margin: 0 }}>
        {t('mailbox.hint')}
      </p>
      {mails.data.length === 0 ? <Empty>{t('mailbox.empty')}</Empty> : null}
      {mails.data.map((mail) => {
        const address = linkIn(mail.body)
        return (
          <article key={mail.id} className="card stack tight">
            <div className="row between wrap">
              <h2>{mail.subject}</h2>
              <span className="soft">
                <When at={new Date(mail.sentAt).toISOString()} />
              </span>
            </div>
            <div className="soft">
              {t('mailbox.to')} {mail.recipient}
            </div>
            <pre className="mail">{mail.body}</pre>
            {address ? (
              <div>
                <Button component="a" href={address} variant="default" size="compact-sm">
                  {t('mailbox.follow')}
                </Button>
              </div>
            ) : null}
          </article>
        )
      })}
    </main>
  )
}
