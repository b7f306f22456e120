import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { trpc } from '../../lib/trpc.ts'
import { Door } from '../../ui/door.tsx'
import { tokenInAddress } from './link-page.tsx'

/** "This was not me": a button, because mail scanners open links and must not suspend anybody. */
export const DisownPage = () => {
  const { t } = useTranslation()
  const [token] = useState(tokenInAddress)
  const disown = useMutation(trpc.links.disown.mutationOptions())
  if (token === '') {
    return (
      <Door title={t('link.dead')}>
        <div className="notice danger" role="alert">
          {t('link.deadHint')}
        </div>
      </Door>
    )
  }
  return (
    <Door title={t('link.title.disown')}>
      {disown.isSuccess ? (
        <div className="notice good" role="status">
          {t('link.disowned')}
        </div>
      ) : (
        <div className="card stack">
          <p style={{ margin: 0 }}>{t('link.disownHint')}</p>
          {disown.isError ? (
            <div className="notice danger" role="alert">
              {t('link.deadHint')}
            </div>
          ) : null}
          <Button color="red" loading={disown.isPending} onClick={() => disown.mutate({ token })}>
            {t('link.disown')}
          </Button>
        </div>
      )}
    </Door>
  )
}
