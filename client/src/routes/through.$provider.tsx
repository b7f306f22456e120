import { createFileRoute } from '@tanstack/react-router'
import { arrive } from '../features/sign-in/arrive.ts'
import { ThroughPage } from '../features/sign-in/through-page.tsx'

/** As the provider wrote it, read before the router makes an address of its own of it. */
const brought = window.location.search

/** Where a browser comes back to from an identity provider: what it brought serves once. */
export const Route = createFileRoute('/through/$provider')({
  loader: ({ params }) => arrive(params.provider, brought),
  staleTime: Number.POSITIVE_INFINITY,
  shouldReload: false,
  component: function Through() {
    return <ThroughPage {...Route.useLoaderData()} />
  },
})
