import { z } from 'zod'
import { roles } from '../access/roles.ts'
import { plainText } from '../text/fields.ts'
import { profileIds } from './profiles.ts'
import { accountStatuses } from './status.ts'

export const accountSorts = ['name', 'last-sign-in', 'reach', 'end'] as const
export const pageSize = 50

/** Beyond this many a list says about how many there are. */
export const countedExactly = 10_000

/** The same where the number is one of many on a page that is opened all day. */
export const countedInPassing = 1_000

/** An estimate as one says it, "about 41,000": two digits, and never fewer than were counted. */
export const about = (expected: number, counted = countedExactly): number => Math.max(counted, Number(expected.toPrecision(2)))

/** One schema for the URL, the wire and the query: every filter of the account table. */
export const listAccounts = z.strictObject({
  q: plainText(100).optional().catch(undefined),
  status: z.enum(accountStatuses).optional().catch(undefined),
  organisation: z.uuid().optional().catch(undefined),
  profile: z.enum(profileIds).optional().catch(undefined),
  role: z.enum(roles).optional().catch(undefined),
  /** `expiring`: ends within 30 days. `dormant`: 90 days without sign-in, or none in the 30 days after creation. */
  life: z.enum(['expiring', 'dormant']).optional().catch(undefined),
  sort: z.enum(accountSorts).optional().catch(undefined),
  order: z.enum(['asc', 'desc']).optional().catch(undefined),
})

/** What a list is narrowed by, without how it is ordered. */
export const narrowAccounts = listAccounts.omit({ sort: true, order: true })
export type NarrowAccounts = z.infer<typeof narrowAccounts>

export type ListAccounts = z.infer<typeof listAccounts>

export const expiringDays = 30
export const dormantDays = 90
export const neverUsedDays = 30
