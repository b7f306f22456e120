import type { ListAccounts } from '@countersign/shared/accounts/listing.ts'
import { type RefusalCode, refusalCodes } from '@countersign/shared/refusals.ts'
import { Button, Modal, TextInput } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'

class Refusal extends Error {
  readonly code: RefusalCode
  constructor(code: RefusalCode) {
    super(code)
    this.code = code
  }
}

/** Asks for the file and hands it to the browser; a refusal has a code. */
const download = async ({ filter, code }: { filter: ListAccounts; code: string | null }): Promise<void> => {
  const answer = await fetch('/export/accounts.csv', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ filter, code }),
  })
  if (!answer.ok) {
    const { refusal } = (await answer.json().catch(() => ({ refusal: null }))) as { refusal: unknown }
    throw new Refusal(refusalCodes.find((known) => known === refusal) ?? 'unavailable')
  }
  const url = URL.createObjectURL(await answer.blob())
  const link = Object.assign(document.createElement('a'), { href: url, download: 'accounts.csv' })
  link.click()
  URL.revokeObjectURL(url)
}

/** The list as it stands, as a file: a long one asks for the second factor again. */
export const ExportList = ({ filter }: { filter: ListAccounts }) => {
  const { t } = useTranslation()
  const [code, setCode] = useState('')
  const [asking, setAsking] = useState(false)
  const exporting = useMutation({
    mutationFn: download,
    onSuccess: () => {
      setAsking(false)
      setCode('')
    },
    onError: () => setAsking(true),
  })
  const refusal = exporting.error instanceof Refusal ? exporting.error.code : null
  const send = (event: FormEvent) => {
    event.preventDefault()
    exporting.mutate({ filter, code: code.trim() || null })
  }
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconDownload size={16} />}
        loading={exporting.isPending && !asking}
        onClick={() => exporting.mutate({ filter, code: null })}
      >
        {t('accounts.export')}
      </Button>
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={t('accounts.exportTitle')}
        closeButtonProps={{ 'aria-label': t('common.close') }}
      >
        <form className="stack" onSubmit={send} noValidate>
          <p style={{ margin: 0 }}>{t('accounts.exportHint')}</p>
          <TextInput
            label={t('accounts.exportCode')}
            value={code}
            autoComplete="one-time-code"
            maxLength={40}
            onChange={(event) => setCode(event.currentTarget.value)}
            error={refusal && refusal !== 'second-factor-needed' ? t(`refusal.${refusal}`) : null}
            data-autofocus
          />
          <div className="row">
            <Button type="submit" loading={exporting.isPending} disabled={code.trim().length < 6}>
              {t('accounts.export')}
            </Button>
            <Button variant="subtle" onClick={() => setAsking(false)}>
              {t('common.cancel')}
            </Button>
          </div>
        </form>
      </Modal>
    </>
  )
}
