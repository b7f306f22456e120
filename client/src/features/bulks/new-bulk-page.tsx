import type { Permission } from '@countersign/shared/access/permissions.ts'
import { type BulkSelection, type BulkVerb, bulkNeeds, bulkVerbs, mostText } from '@countersign/shared/bulks/bulk.ts'
import { Button, FileInput, Radio, Textarea, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAccountChoices } from '../../lib/choices.ts'
import { useTextOfRefusal } from '../../lib/fields.ts'
import { asField } from '../../lib/format.ts'
import { tellRefusal } from '../../lib/toast.ts'
import { trpc } from '../../lib/trpc.ts'
import { SearchSelect } from '../../ui/search-select.tsx'

const signedIn = getRouteApi('/_signed-in')
const sources = ['names', 'csv', 'ended-by'] as const

/** Excel in France writes Windows-1252: a file that is no UTF-8 is read as that. */
const textOf = async (file: File): Promise<string> => {
  const bytes = await file.arrayBuffer()
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

/** What was pasted stays until the page is loaded anew: one mistyped login is mended by going back. */
const kept = { names: '' }

const yesterday = (): string => asField(new Date(Date.now() - 86_400_000))

/** What to do, and to which accounts: pasted, or from a file. What is ticked or filtered comes from the list of accounts. */
export const NewBulkPage = () => {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { person } = signedIn.useRouteContext()
  const verbs = bulkVerbs.filter((verb) => (person.may as readonly Permission[]).includes(bulkNeeds[verb]))
  const [verb, setVerb] = useState<BulkVerb | undefined>(verbs[0])
  const [from, setFrom] = useState<(typeof sources)[number]>('names')
  const [names, setNames] = useState(kept.names)
  const [file, setFile] = useState<File | null>(null)
  const [accountId, setAccountId] = useState<string | null>(null)
  const [since, setSince] = useState(yesterday)
  const people = useAccountChoices()
  const preview = useMutation(
    trpc.bulks.preview.mutationOptions({ onSuccess: ({ bulkId }) => void navigate({ to: '/bulks/$bulkId', params: { bulkId } }) }),
  )
  const refusal = useTextOfRefusal(preview.error)
  const chosen = { names: names.trim() !== '', csv: file !== null && file.size > 0, 'ended-by': accountId !== null && since !== '' }
  const tooLarge = file !== null && file.size > mostText
  const send = async (event: FormEvent) => {
    event.preventDefault()
    if (!verb || tooLarge) return
    const selections: { readonly [F in (typeof sources)[number]]: () => Promise<BulkSelection> | BulkSelection } = {
      names: () => ({ from: 'names', text: names }),
      csv: async () => ({ from: 'csv', text: file ? await textOf(file) : '', fileName: file?.name ?? '' }),
      'ended-by': () => ({ from: 'ended-by', accountId: accountId ?? '', since: new Date(since).toISOString() }),
    }
    try {
      preview.mutate({ verb, selection: await selections[from]() })
    } catch (error) {
      // The file is gone since it was chosen.
      tellRefusal(error)
      setFile(null)
    }
  }
  return (
    <div className="page" style={{ maxWidth: 760 }}>
      <h1>{t('bulk.new')}</h1>
      <p className="soft" style={{ margin: 0 }}>
        {t('bulk.dryRunHint')}
      </p>
      <form className="card stack" onSubmit={(event) => void send(event)} noValidate>
        <Radio.Group label={t('bulk.what')} value={verb ?? ''} onChange={(value) => setVerb(verbs.find((one) => one === value))}>
          <div className="row wrap" style={{ marginTop: 6, columnGap: 20 }}>
            {verbs.map((one) => (
              <Radio key={one} value={one} label={t(`bulk.verb.${one}`)} />
            ))}
          </div>
        </Radio.Group>
        <Radio.Group label={t('bulk.which')} value={from} onChange={(value) => setFrom(sources.find((one) => one === value) ?? 'names')}>
          <div className="row wrap" style={{ marginTop: 6, columnGap: 20 }}>
            {sources.map((one) => (
              <Radio key={one} value={one} label={t(`bulk.from.${one}`)} />
            ))}
          </div>
        </Radio.Group>
        {from === 'names' ? (
          <Textarea
            label={t('bulk.names')}
            description={t('bulk.namesHint')}
            autosize
            minRows={6}
            maxRows={16}
            spellCheck={false}
            maxLength={mostText}
            value={names}
            onChange={(event) => {
              kept.names = event.currentTarget.value
              setNames(event.currentTarget.value)
            }}
            error={refusal.of('selection.text') ?? refusal.rest}
          />
        ) : null}
        {from === 'ended-by' ? (
          <>
            <SearchSelect
              label={t('bulk.endedBy')}
              placeholder={t('filing.typeToSearch')}
              nothing={t('shell.noResult')}
              value={accountId}
              onChange={setAccountId}
              useChoices={people}
              error={refusal.of('selection.accountId') ?? refusal.rest}
            />
            <TextInput
              type="datetime-local"
              label={t('bulk.since')}
              value={since}
              onChange={(event) => setSince(event.currentTarget.value)}
              style={{ maxWidth: 260 }}
            />
          </>
        ) : null}
        {from === 'csv' ? (
          <FileInput
            label={t('bulk.file')}
            description={t('bulk.fileHint')}
            placeholder={t('filing.choose')}
            accept=".csv,.txt,text/csv,text/plain"
            value={file}
            onChange={setFile}
            clearable
            clearButtonProps={{ 'aria-label': t('common.clear') }}
            error={tooLarge ? t('bulk.fileTooLarge') : (refusal.of('selection.text') ?? refusal.rest)}
          />
        ) : null}
        <div className="row">
          <Button type="submit" loading={preview.isPending} disabled={!chosen[from]}>
            {t('bulk.dryRun')}
          </Button>
          {preview.isPending ? (
            <span className="soft" role="status">
              {t('bulk.checking')}
            </span>
          ) : null}
        </div>
      </form>
    </div>
  )
}
