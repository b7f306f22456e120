import { createFileRoute, redirect } from '@tanstack/react-router'
import { OverviewPage } from '../../features/overview/overview-page.tsx'
import { queryClient, trpc } from '../../lib/trpc.ts'

export const Route = createFileRoute('/_signed-in/')({
  beforeLoad: ({ context }) => {
    if (!context.person.may.includes('account:read')) throw redirect({ to: '/me' })
  },
  loader: () => queryClient.ensureQueryData(trpc.overview.get.queryOptions()),
  component: OverviewPage,
})
