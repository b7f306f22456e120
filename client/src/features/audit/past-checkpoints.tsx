import { Button, CopyButton } from '@mantine/core'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { count } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { trpc } from '../../lib/trpc.ts'
import { More } from '../../ui/more.tsx'
import { Failed, Skeleton } from '../../ui/screen.tsx'
import { When } from '../../ui/when.tsx'

/** What was signed so far, the newest first; each can be taken away, to be held against what the log says later. */
export const PastCheckpoints = () => {
  const { t } = useTranslation()
  const language = useLanguage()
  const pages = useInfiniteQuery({
    ...trpc.seal.checkpoints.infiniteQueryOptions({}, { getNextPageParam: (page) => page.next ?? undefined }),
    placeholderData: keepPreviousData,
  })
  const rows = pages.data?.pages.flatMap((page) => page.rows) ?? []
  return (
    <section className="card stack tight">
      <h2>{t('seal.past')}</h2>
      <p className="soft" style={{ margin: 0 }}>
        {t('seal.pastHint')}
      </p>
      {pages.isPending ? <Skeleton /> : null}
      {pages.isError ? <Failed error={pages.error} reset={() => void pages.refetch()} /> : null}
      {rows.length > 0 ? (
        <table className="data">
          <thead>
            <tr>
              <th className="number">{t('seal.pastColumns.entries')}</th>
              <th>{t('seal.pastColumns.at')}</th>
              <th>{t('seal.pastColumns.witnesses')}</th>
              <th>{t('seal.pastColumns.keep')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ size, note, madeAt, witnesses }) => (
              <tr key={size}>
                <td className="number">{count(size, language)}</td>
                <td>
                  <When at={madeAt} />
                </td>
                <td className={witnesses.length > 0 ? undefined : 'soft'}>{witnesses.join(', ') || t('seal.unseen')}</td>
                <td>
                  {/* The line that the file of checkpoints holds as well: one after the other, they are a file that the program takes. */}
                  <CopyButton value={`${JSON.stringify({ at: madeAt, size, note })}\n`}>
                    {({ copied, copy }) => (
                      <Button variant="default" size="compact-sm" aria-label={t('seal.copyOf', { count: size })} onClick={copy}>
                        {copied ? t('common.copied') : t('common.copy')}
                      </Button>
                    )}
                  </CopyButton>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      <More pages={pages} />
    </section>
  )
}
