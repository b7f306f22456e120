import { useQuery } from '@tanstack/react-query'
import { trpc } from './trpc.ts'

/** The whole address of an identity provider but for what all begin with: two of one host are two. */
const shortIssuer = (issuer: string): string => issuer.replace(/^https?:\/\//, '')

/** What an identity provider is called here, by its address; one that is no longer set up is known by its address alone. */
export const useProviderName = (): ((issuer: string) => { readonly name: string; readonly address: string }) => {
  const { data = [] } = useQuery(trpc.identities.providers.queryOptions(undefined, { staleTime: Number.POSITIVE_INFINITY }))
  return (issuer) => ({ name: data.find((one) => one.issuer === issuer)?.name ?? shortIssuer(issuer), address: shortIssuer(issuer) })
}
