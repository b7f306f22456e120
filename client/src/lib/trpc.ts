import type { AppRouter } from '@countersign/server/router.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink, type TRPCClientError } from '@trpc/client'
import type { inferRouterOutputs } from '@trpc/server'
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query'

export type Outputs = inferRouterOutputs<AppRouter>
export type WireRefusal = {
  readonly code: RefusalCode | null
  readonly fields: readonly { readonly field: string | null; readonly message: string }[]
}

/** Everything goes by POST, so that nothing a person types or holds ever stands in an address. */
export const client = createTRPCClient<AppRouter>({
  links: [
    splitLink({
      condition: ({ type }) => type === 'subscription',
      true: httpSubscriptionLink({ url: '/api' }),
      false: httpBatchLink({ url: '/api', methodOverride: 'POST', maxItems: 10 }),
    }),
  ],
})

/** What the server refused, and at which fields; null where it was not a refusal but a failure. */
export const refusalOf = (error: unknown): WireRefusal | null => {
  if (!(error instanceof Error) || !('data' in error)) return null
  const { data } = error as TRPCClientError<AppRouter>
  const refusal = data?.refusal
  return refusal && (refusal.code || refusal.fields.length > 0) ? refusal : null
}

/** A session that ended somewhere else ends here too: the next answer says so, and the sign-in page opens. */
const leaveWhenSignedOut = (error: unknown) => {
  if (refusalOf(error)?.code === 'not-signed-in' && !window.location.pathname.startsWith('/sign-in')) window.location.assign('/sign-in')
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: leaveWhenSignedOut }),
  mutationCache: new MutationCache({ onError: leaveWhenSignedOut }),
  defaultOptions: { queries: { staleTime: 10_000, retry: (failures, error) => failures < 2 && refusalOf(error) === null } },
})

export const trpc = createTRPCOptionsProxy<AppRouter>({ client, queryClient })
