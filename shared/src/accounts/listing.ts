import { z } from 'zod'
import { roles } from '../access/roles.ts'
import { plainText } from '../text/fields.ts'
import { profileIds } from './profiles.ts'
import { accountStatuses } from './status.ts'

export const accountSorts = ['name', 'last-sign-in', 'reach', 'end'] as const
export const pageSize = 50

/** Beyond this many a list says about how many there are. */
export const countedExactly = 10_000

/** May a list be put in a second order within the first? No index has it: the whole list is put in order for each page. */
export const mayOrderTwice = ({ count, exact }: { readonly count: number; readonly exact: boolean }): boolean =>
  exact && count <= countedExactly

/** The same where the number is one of many on a page that is opened all day. */
export const countedInPassing = 1_000

/** An estimate as one says it, "about 41,000": two digits, and never fewer than were counted. */
export const about = (expected: number, counted = countedExactly): number => Math.max(counted, Number(expected.toPrecision(2)))

/** What a list can be narrowed by. */
export const narrowing = {
  q: plainText(100).optional(),
  status: z.enum(accountStatuses).optional(),
  organisation: z.uuid().optional(),
  profile: z.enum(profileIds).optional(),
  role: z.enum(roles).optional(),
  /** `expiring`: ends within 30 days. `dormant`: 90 days without sign-in, or none in the 30 days after creation. */
  life: z.enum(['expiring', 'dormant']).optional(),
  /** `open`: something about it waits to be looked at. */
  signal: z.enum(['open']).optional(),
} as const

/** As it stands in a URL: a value that is not understood narrows nothing. What acts on the list must not read it so. */
export const narrowAccounts = z.strictObject({
  q: narrowing.q.catch(undefined),
  status: narrowing.status.catch(undefined),
  organisation: narrowing.organisation.catch(undefined),
  profile: narrowing.profile.catch(undefined),
  role: narrowing.role.catch(undefined),
  life: narrowing.life.catch(undefined),
  signal: narrowing.signal.catch(undefined),
})
export type NarrowAccounts = z.infer<typeof narrowAccounts>

/**
 * One schema for the URL, the wire and the query: every filter of the account table, and its order. `second` orders those that the first
 * key leaves together; only lists of `countedExactly` and fewer have it, because no index does.
 */
export const listAccounts = narrowAccounts.extend({
  sort: z.enum(accountSorts).optional().catch(undefined),
  order: z.enum(['asc', 'desc']).optional().catch(undefined),
  second: z.enum(accountSorts).optional().catch(undefined),
  secondOrder: z.enum(['asc', 'desc']).optional().catch(undefined),
})

export type ListAccounts = z.infer<typeof listAccounts>

/** The same where it is kept or acted upon: a filter that is not understood is refused, never read as "everybody". */
export const strictListing = z.strictObject({
  ...narrowing,
  sort: z.enum(accountSorts).optional(),
  order: z.enum(['asc', 'desc']).optional(),
  second: z.enum(accountSorts).optional(),
  secondOrder: z.enum(['asc', 'desc']).optional(),
})

export const expiringDays = 30
export const dormantDays = 90
export const neverUsedDays = 30
