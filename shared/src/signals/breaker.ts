import type { RequestKind } from '../requests/kinds.ts'
import type { FindingStatus } from './settling.ts'
import { thresholds } from './thresholds.ts'

/** A burst as the breaker sees it. */
export type Burst = { readonly part: string; readonly status: FindingStatus; readonly until: Date | null; readonly lastAt: Date }

/** Accepted is the only way out: putting it off looks at it later and lowers nothing. */
const lets = ({ status, until }: Burst, now: Date): boolean => status === 'accepted' && until !== null && until > now

/** How many readers more a request of this kind needs, by the bursts of whoever asks and of where. */
export const readersMore = (kind: RequestKind, bursts: readonly Burst[], now: Date): number => {
  const { hours, readers } = thresholds.breaker
  const thrown = bursts.some(
    (burst) => burst.part === kind && !lets(burst, now) && now.getTime() - burst.lastAt.getTime() < hours * 3_600_000,
  )
  return thrown ? readers : 0
}
