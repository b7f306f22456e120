import { z } from 'zod'
import type { Permission } from '../access/permissions.ts'
import { narrowing } from '../accounts/listing.ts'
import { plainText } from '../text/fields.ts'

export const bulkVerbs = ['suspend', 'revoke', 'reset', 'reinstate'] as const
export type BulkVerb = (typeof bulkVerbs)[number]

/** What a bulk does to each of its accounts is held to the permission of doing it to one. */
export const bulkNeeds = {
  suspend: 'account:suspend',
  revoke: 'account:revoke',
  reset: 'request:file:reset-credentials',
  reinstate: 'request:file:reinstate',
} as const satisfies Record<BulkVerb, Permission>

export const bulkStatuses = ['previewed', 'waiting', 'running', 'paused', 'finished', 'stopped'] as const
export type BulkStatus = (typeof bulkStatuses)[number]

export const bulkSteers = ['pause', 'resume', 'stop'] as const
export type BulkSteer = (typeof bulkSteers)[number]

/** Every change of state there is. `waiting` waits for a countersignature; what is finished or stopped stays so. */
export const nextBulkStatus = {
  previewed: { start: 'running', ask: 'waiting' },
  waiting: { countersign: 'running', close: 'finished' },
  running: { pause: 'paused', stop: 'stopped', ask: 'waiting', close: 'finished' },
  paused: { resume: 'running', stop: 'stopped' },
  finished: {},
  stopped: {},
} as const satisfies Record<BulkStatus, Partial<Record<BulkSteer | 'start' | 'ask' | 'countersign' | 'close', BulkStatus>>>

/**
 * A mass revocation has two steps: everybody is suspended at once, because containment never waits; who ends for good is acted upon
 * after a second person has countersigned the list of those suspended.
 */
export const bulkSteps = ['contain', 'act'] as const
export type BulkStep = (typeof bulkSteps)[number]

/** Is this the second step of a mass revocation, where those it contained are revoked? */
export const finalStep = ({ verb, mass, step }: { readonly verb: BulkVerb; readonly mass: boolean; readonly step: BulkStep }): boolean =>
  verb === 'revoke' && mass && step === 'act'

/** What the dry run says of an account. Names that lead to no account are the fourth list. */
export const linePlans = ['change', 'already', 'refused'] as const
export type LinePlan = (typeof linePlans)[number]

/** As many accounts and as much text as one bulk takes. */
export const mostAccounts = 200_000
export const mostTicked = 5_000
export const mostText = 4_000_000
/** Each reset waits for a call of its own: more at once nobody could make in time. */
export const mostResets = 200

/** Where the accounts of a bulk come from. A filter that is not understood is refused, never read as "everybody". */
export const bulkSelection = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('ticked'), accountIds: z.array(z.uuid()).min(1).max(mostTicked) }),
  z.strictObject({
    from: z.literal('filter'),
    filter: z.strictObject(narrowing),
    at: z.iso.datetime({ offset: true }),
    except: z.array(z.uuid()).max(mostTicked),
  }),
  z.strictObject({ from: z.literal('names'), text: plainText(mostText) }),
  // Whatever one person has put out since then, click by click or in bulks.
  z.strictObject({ from: z.literal('ended-by'), accountId: z.uuid('field-required'), since: z.iso.datetime({ offset: true }) }),
  z.strictObject({ from: z.literal('csv'), text: plainText(mostText), fileName: plainText(200) }),
])
export type BulkSelection = z.infer<typeof bulkSelection>

/** The same, and the lists the product draws itself: a bulk given back, a cascade contained. */
export type DrawnSelection =
  | BulkSelection
  | { readonly from: 'bulk'; readonly bulkId: string }
  | { readonly from: 'cascade'; readonly suspectId: string; readonly since: string }

/** A finished bulk is given back as a whole within this time; later, its accounts are a selection like any other. */
export const undoHours = 24

/** So many bulks of one person run at once. */
export const mostRunning = 10

/** A mass revocation nobody countersigned in this time stays a suspension. */
export const finalHours = 24
