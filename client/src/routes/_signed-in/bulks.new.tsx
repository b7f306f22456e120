import type { Permission } from '@countersign/shared/access/permissions.ts'
import { bulkNeeds, bulkVerbs } from '@countersign/shared/bulks/bulk.ts'
import { createFileRoute } from '@tanstack/react-router'
import { NewBulkPage } from '../../features/bulks/new-bulk-page.tsx'

export const Route = createFileRoute('/_signed-in/bulks/new')({
  beforeLoad: ({ context }) => {
    const may: readonly Permission[] = context.person.may
    if (!bulkVerbs.some((verb) => may.includes(bulkNeeds[verb]))) throw new Error('not-permitted')
  },
  component: NewBulkPage,
})
