import { createFileRoute } from '@tanstack/react-router'
import { OrganisationPage } from '../../features/organisations/organisation-page.tsx'
import { queryClient, trpc } from '../../lib/trpc.ts'

export const Route = createFileRoute('/_signed-in/organisations/$organisationId')({
  loader: ({ params }) => queryClient.ensureQueryData(trpc.collusion.explain.queryOptions({ organisationId: params.organisationId })),
  component: OrganisationPage,
})
