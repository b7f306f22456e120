import { createFileRoute } from '@tanstack/react-router'
import { SignInPage } from '../features/sign-in/sign-in-page.tsx'
import { queryClient, trpc } from '../lib/trpc.ts'

export const Route = createFileRoute('/sign-in')({
  loader: () =>
    Promise.all([
      queryClient.ensureQueryData(trpc.sessions.cast.queryOptions()),
      queryClient.ensureQueryData(trpc.identities.providers.queryOptions()),
    ]),
  component: SignInPage,
})
