import { actText, type Proof } from '@countersign/shared/access/proof.ts'
import type { ListAccounts } from '@countersign/shared/accounts/listing.ts'
import { refusalCodes } from '@countersign/shared/refusals.ts'
import { Button } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Said, tellRefusal } from '../../lib/toast.ts'
import { client } from '../../lib/trpc.ts'
import { useProof } from '../../ui/proof.tsx'

type Wanted = { readonly filter: ListAccounts; readonly ticket: string | null }

/** Asks for the file and hands it to the browser; a refusal has a code. */
const download = async (wanted: Wanted): Promise<void> => {
  const answer = await fetch('/export/accounts.csv', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(wanted),
  })
  if (!answer.ok) {
    const { refusal } = (await answer.json().catch(() => ({ refusal: null }))) as { refusal: unknown }
    throw new Said(refusalCodes.find((known) => known === refusal) ?? 'unavailable')
  }
  const url = URL.createObjectURL(await answer.blob())
  const link = Object.assign(document.createElement('a'), { href: url, download: 'accounts.csv' })
  link.click()
  URL.revokeObjectURL(url)
}

/** The list as it stands, as a file: whoever takes it out of the building proves once more who they are. */
export const ExportList = ({ filter }: { filter: ListAccounts }) => {
  const { t } = useTranslation()
  const { none, ask, dialog } = useProof()
  const exporting = useMutation({ mutationFn: download, onError: tellRefusal })
  const proven = async (proof: Proof) => {
    const { ticket } = await client.sessions.allowExport.mutate({ on: 'accounts', proof })
    await download({ filter, ticket })
  }
  const press = () =>
    none
      ? exporting.mutate({ filter, ticket: null })
      : ask({
          title: t('accounts.exportTitle'),
          about: <p style={{ margin: 0 }}>{t('proof.export')}</p>,
          confirm: t('accounts.export'),
          textOf: (nonce) => actText('export', 'accounts', nonce),
          run: proven,
        })
  return (
    <>
      <Button variant="default" leftSection={<IconDownload size={16} />} loading={exporting.isPending} onClick={press}>
        {t('accounts.export')}
      </Button>
      {dialog}
    </>
  )
}
