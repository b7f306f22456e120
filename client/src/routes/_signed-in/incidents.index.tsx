import { createFileRoute } from '@tanstack/react-router'
import { IncidentsPage } from '../../features/incidents/incidents-page.tsx'

export const Route = createFileRoute('/_signed-in/incidents/')({ component: IncidentsPage })
