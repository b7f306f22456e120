import { createFileRoute, redirect } from '@tanstack/react-router'
import { Shell } from '../features/shell/shell.tsx'
import { queryClient, trpc } from '../lib/trpc.ts'

export const Route = createFileRoute('/_signed-in')({
  beforeLoad: async () => {
    const current = await queryClient.ensureQueryData(trpc.sessions.current.queryOptions(undefined, { staleTime: 60_000 }))
    if (!current.person) throw redirect({ to: '/sign-in' })
    return { person: current.person, demo: current.demo }
  },
  component: Shell,
})
