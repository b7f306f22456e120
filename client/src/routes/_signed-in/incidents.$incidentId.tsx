import { createFileRoute } from '@tanstack/react-router'
import { IncidentPage } from '../../features/incidents/incident-page.tsx'
import { queryClient, trpc } from '../../lib/trpc.ts'

export const Route = createFileRoute('/_signed-in/incidents/$incidentId')({
  loader: ({ params }) => queryClient.ensureQueryData(trpc.incidents.get.queryOptions({ incidentId: params.incidentId })),
  component: IncidentPage,
})
