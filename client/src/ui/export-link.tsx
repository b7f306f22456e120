import { actText } from '@countersign/shared/access/proof.ts'
import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { client } from '../lib/trpc.ts'
import { useProof } from './proof.tsx'

/** A file that leaves the building: a link where nothing is asked, and behind a proof where its reader can give one. */
export const ExportLink = ({ href, on, label }: { href: string; on: string; label: string }) => {
  const { t } = useTranslation()
  const { none, ask, dialog } = useProof()
  if (none) {
    return (
      <Button component="a" variant="default" href={href} download>
        {label}
      </Button>
    )
  }
  const fetchFile = async (proof: Parameters<typeof client.sessions.allowExport.mutate>[0]['proof']) => {
    const { ticket } = await client.sessions.allowExport.mutate({ on, proof })
    const link = Object.assign(document.createElement('a'), {
      href: `${href}${href.includes('?') ? '&' : '?'}ticket=${ticket}`,
      download: '',
    })
    link.click()
  }
  return (
    <>
      <Button
        variant="default"
        onClick={() =>
          ask({
            title: label,
            about: <p style={{ margin: 0 }}>{t('proof.export')}</p>,
            confirm: label,
            textOf: (nonce) => actText('export', on, nonce),
            run: fetchFile,
          })
        }
      >
        {label}
      </Button>
      {dialog}
    </>
  )
}
