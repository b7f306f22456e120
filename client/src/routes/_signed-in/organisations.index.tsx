import { listOrganisations } from '@countersign/shared/organisations/listing.ts'
import { createFileRoute } from '@tanstack/react-router'
import { OrganisationsPage } from '../../features/organisations/organisations-page.tsx'

export const Route = createFileRoute('/_signed-in/organisations/')({ validateSearch: listOrganisations, component: OrganisationsPage })
