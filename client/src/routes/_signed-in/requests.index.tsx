import { listRequests } from '@countersign/shared/requests/listing.ts'
import { createFileRoute } from '@tanstack/react-router'
import { z } from 'zod'
import { RequestsPage } from '../../features/requests/requests-page.tsx'

export const Route = createFileRoute('/_signed-in/requests/')({
  validateSearch: listRequests.extend({ request: z.uuid().optional().catch(undefined) }).strip(),
  component: RequestsPage,
})
