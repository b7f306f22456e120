import { createFileRoute } from '@tanstack/react-router'
import { MePage } from '../../features/me/me-page.tsx'
import { queryClient, trpc } from '../../lib/trpc.ts'

export const Route = createFileRoute('/_signed-in/me')({
  loader: () => queryClient.ensureQueryData(trpc.accounts.mine.queryOptions()),
  component: MePage,
})
