import { createFileRoute } from '@tanstack/react-router'
import { BulkPage } from '../../features/bulks/bulk-page.tsx'
import { queryClient, trpc } from '../../lib/trpc.ts'

export const Route = createFileRoute('/_signed-in/bulks/$bulkId')({
  loader: ({ params }) => queryClient.ensureQueryData(trpc.bulks.get.queryOptions({ bulkId: params.bulkId })),
  component: BulkPage,
})
