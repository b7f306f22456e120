import { absencesRouter } from './features/absences/absences.router.ts'
import { accountsRouter } from './features/accounts/accounts.router.ts'
import { auditRouter } from './features/audit/audit.router.ts'
import { bulksRouter } from './features/bulks/bulks.router.ts'
import { cascadeRouter } from './features/cascade/cascade.router.ts'
import { collusionRouter } from './features/collusion/collusion.router.ts'
import { finderRouter } from './features/finder/finder.router.ts'
import { identitiesRouter } from './features/identities/identities.router.ts'
import { incidentsRouter } from './features/incidents/incidents.router.ts'
import { linksRouter } from './features/links/links.router.ts'
import { liveRouter } from './features/live/live.router.ts'
import { mailboxRouter } from './features/mailbox/mailbox.router.ts'
import { organisationsRouter } from './features/organisations/organisations.router.ts'
import { overviewRouter } from './features/overview/overview.router.ts'
import { passkeysRouter } from './features/passkeys/passkeys.router.ts'
import { policyRouter } from './features/policy/policy.router.ts'
import { requestsRouter } from './features/requests/requests.router.ts'
import { sealRouter } from './features/seal/seal.router.ts'
import { sessionsRouter } from './features/sessions/sessions.router.ts'
import { signalsRouter } from './features/signals/signals.router.ts'
import { viewsRouter } from './features/views/views.router.ts'
import { router } from './trpc.ts'

export const appRouter = router({
  absences: absencesRouter,
  accounts: accountsRouter,
  audit: auditRouter,
  bulks: bulksRouter,
  cascade: cascadeRouter,
  collusion: collusionRouter,
  finder: finderRouter,
  identities: identitiesRouter,
  incidents: incidentsRouter,
  links: linksRouter,
  live: liveRouter,
  mailbox: mailboxRouter,
  organisations: organisationsRouter,
  overview: overviewRouter,
  passkeys: passkeysRouter,
  policy: policyRouter,
  requests: requestsRouter,
  seal: sealRouter,
  sessions: sessionsRouter,
  signals: signalsRouter,
  views: viewsRouter,
})

export type AppRouter = typeof appRouter
