import { createFileRoute } from '@tanstack/react-router'
import { z } from 'zod'
import { SignalsPage } from '../../features/signals/signals-page.tsx'

export const Route = createFileRoute('/_signed-in/signals')({
  validateSearch: z.object({ view: z.enum(['open', 'settled', 'handled']).catch('open').default('open') }),
  component: SignalsPage,
})
