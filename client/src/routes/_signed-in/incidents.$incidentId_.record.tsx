import { createFileRoute } from '@tanstack/react-router'
import { RecordPage } from '../../features/incidents/record-page.tsx'
import { queryClient, trpc } from '../../lib/trpc.ts'

export const Route = createFileRoute('/_signed-in/incidents/$incidentId_/record')({
  loader: ({ params }) => queryClient.ensureQueryData(trpc.incidents.get.queryOptions({ incidentId: params.incidentId })),
  component: RecordPage,
})
