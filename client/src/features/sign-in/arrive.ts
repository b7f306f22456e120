import { linkingState } from '@countersign/shared/access/provider.ts'
import { client, queryClient, trpc } from '../../lib/trpc.ts'

export type Known = { readonly name: string; readonly issuer: string; readonly subject: string }
export type Arrival = { readonly refused: unknown; readonly linking: boolean } | { readonly known: Known } | { readonly entered: true }

/** Redeems what the browser brought back: an identity to be linked, or somebody who signs in. */
export const arrive = async (provider: string, answer: string): Promise<Arrival> => {
  const brought = { provider, answer: answer || '?' }
  const linking = new URLSearchParams(answer).get('state')?.startsWith(linkingState) ?? false
  try {
    if (linking) {
      await queryClient.ensureQueryData(trpc.sessions.current.queryOptions(undefined, { staleTime: 60_000 }))
      return { known: await client.identities.receive.query(brought) }
    }
    await client.identities.enter.mutate(brought)
    window.location.replace('/')
    return { entered: true }
  } catch (refused) {
    return { refused, linking }
  }
}
