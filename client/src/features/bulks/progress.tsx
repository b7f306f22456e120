import type { BulkSteer } from '@countersign/shared/bulks/bulk.ts'
import { Progress as Bar, Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { count, remaining } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { tellRefusal } from '../../lib/toast.ts'
import { queryClient, trpc } from '../../lib/trpc.ts'
import type { Bulk } from './impact.tsx'

/** How far it is, how fast, how long yet; and the three ways to hold it up. */
export const Progress = ({ bulk }: { bulk: Bulk }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const [stopping, setStopping] = useState(false)
  // Armed for as long as one means it, and no longer.
  useEffect(() => {
    if (!stopping) return undefined
    const timer = setTimeout(() => setStopping(false), 8000)
    return () => clearTimeout(timer)
  }, [stopping])
  const options = {
    onError: tellRefusal,
    onSettled: () => {
      setStopping(false)
      void queryClient.invalidateQueries(trpc.bulks.pathFilter())
    },
  }
  const pause = useMutation(trpc.bulks.pause.mutationOptions(options))
  const resume = useMutation(trpc.bulks.resume.mutationOptions(options))
  const stop = useMutation(trpc.bulks.stop.mutationOptions(options))
  const steers = { pause, resume, stop } as const satisfies Record<BulkSteer, unknown>
  const steer = (verb: BulkSteer) => steers[verb].mutate({ bulkId: bulk.id })
  const come = bulk.done + bulk.skipped
  const share = bulk.planned > 0 ? (come / bulk.planned) * 100 : 100
  const rate = bulk.workedMilliseconds > 500 ? come / (bulk.workedMilliseconds / 1000) : 0
  const left = rate > 0 ? ((bulk.planned - come) / rate) * 1000 : null
  return (
    <section className="card stack" aria-label={t(`bulk.status.${bulk.status}`)}>
      <div className="row wrap between">
        <h2>{t(`bulk.step.${bulk.step}`)}</h2>
        <span className="number">{t('bulk.progress', { done: count(come, language), all: count(bulk.planned, language) })}</span>
      </div>
      <Bar value={share} size="lg" aria-label={t(`bulk.step.${bulk.step}`)} animated={bulk.status === 'running'} />
      <div className="row wrap between">
        <span className="soft">
          {bulk.status === 'running' && rate > 0 ? `${t('bulk.rate', { rate: count(Math.round(rate), language) })} · ` : ''}
          {bulk.status === 'running' && left !== null ? `${t('bulk.remaining', { time: remaining(left, t('common.days')) })} · ` : ''}
          {bulk.status === 'running' ? t('bulk.closable') : ''}
        </span>
        <div className="row wrap">
          {bulk.can.pause === null ? (
            <Button variant="default" loading={pause.isPending} onClick={() => steer('pause')}>
              {t('bulk.pause')}
            </Button>
          ) : null}
          {bulk.can.resume === null ? (
            <Button loading={resume.isPending} onClick={() => steer('resume')}>
              {t('bulk.resume')}
            </Button>
          ) : null}
          {bulk.can.stop === null ? (
            <Button
              color="red"
              variant={stopping ? 'filled' : 'light'}
              loading={stop.isPending}
              onClick={() => (stopping ? steer('stop') : setStopping(true))}
            >
              {t(stopping ? 'bulk.stopSure' : 'bulk.stop')}
            </Button>
          ) : null}
        </div>
      </div>
    </section>
  )
}
