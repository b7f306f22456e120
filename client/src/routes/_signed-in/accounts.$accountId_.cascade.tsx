import { createFileRoute } from '@tanstack/react-router'
import { z } from 'zod'
import { CascadePage } from '../../features/cascade/cascade-page.tsx'

const month = 30 * 24 * 60 * 60 * 1000
/** A month ago, to the hour: as long as people stay dependent on each other. */
const lately = () => new Date(Math.floor((Date.now() - month) / 3_600_000) * 3_600_000).toISOString()

export const Route = createFileRoute('/_signed-in/accounts/$accountId_/cascade')({
  validateSearch: z.object({ since: z.iso.datetime({ offset: true }).catch(lately).default(lately) }),
  component: CascadePage,
})
