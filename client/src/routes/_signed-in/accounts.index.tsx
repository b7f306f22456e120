import { listAccounts } from '@countersign/shared/accounts/listing.ts'
import { createFileRoute } from '@tanstack/react-router'
import { AccountsPage } from '../../features/accounts/accounts-page.tsx'

export const Route = createFileRoute('/_signed-in/accounts/')({
  validateSearch: listAccounts.strip(),
  component: AccountsPage,
})
