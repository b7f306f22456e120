import { createFileRoute } from '@tanstack/react-router'
import { BulksPage } from '../../features/bulks/bulks-page.tsx'

export const Route = createFileRoute('/_signed-in/bulks/')({ component: BulksPage })
