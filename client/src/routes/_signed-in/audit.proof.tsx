import { createFileRoute } from '@tanstack/react-router'
import { ProofPage } from '../../features/audit/proof-page.tsx'

export const Route = createFileRoute('/_signed-in/audit/proof')({ component: ProofPage })
