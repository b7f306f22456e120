import { createFileRoute } from '@tanstack/react-router'
import { DisownPage } from '../features/links/disown-page.tsx'

export const Route = createFileRoute('/disown')({ component: DisownPage })
