import { createFileRoute } from '@tanstack/react-router'
import { AccountPage } from '../../features/accounts/account-page.tsx'
import { queryClient, trpc } from '../../lib/trpc.ts'

export const Route = createFileRoute('/_signed-in/accounts/$accountId')({
  loader: ({ params }) => queryClient.ensureQueryData(trpc.accounts.get.queryOptions({ accountId: params.accountId })),
  component: AccountPage,
})
