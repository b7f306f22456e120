import { requestKinds } from '@countersign/shared/requests/kinds.ts'
import { createFileRoute, notFound } from '@tanstack/react-router'
import { z } from 'zod'
import { FilingPage } from '../../features/requests/filing-page.tsx'

export const Route = createFileRoute('/_signed-in/requests/new/$kind')({
  validateSearch: z.object({ account: z.uuid().optional().catch(undefined) }),
  params: {
    parse: ({ kind }) => {
      const parsed = z.enum(requestKinds).safeParse(kind)
      if (!parsed.success) throw notFound()
      return { kind: parsed.data }
    },
  },
  component: FilingPage,
})
