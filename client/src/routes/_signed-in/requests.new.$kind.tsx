import { filedWith, type Permission } from '@countersign/shared/access/permissions.ts'
import { formKinds } from '@countersign/shared/requests/kinds.ts'
import { createFileRoute, notFound } from '@tanstack/react-router'
import { z } from 'zod'
import { FilingPage } from '../../features/requests/filing-page.tsx'

export const Route = createFileRoute('/_signed-in/requests/new/$kind')({
  validateSearch: z.object({ account: z.uuid().optional().catch(undefined) }),
  params: {
    parse: ({ kind }) => {
      const parsed = z.enum(formKinds).safeParse(kind)
      if (!parsed.success) throw notFound()
      return { kind: parsed.data }
    },
  },
  // A form one may not send is not offered, typed address or not.
  beforeLoad: ({ context, params }) => {
    const may: readonly Permission[] = context.person.may
    if (!may.includes(filedWith[params.kind])) throw new Error('not-permitted')
  },
  component: FilingPage,
})
