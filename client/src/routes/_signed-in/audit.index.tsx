import { listAudit } from '@countersign/shared/audit/listing.ts'
import { createFileRoute } from '@tanstack/react-router'
import { AuditPage } from '../../features/audit/audit-page.tsx'

export const Route = createFileRoute('/_signed-in/audit/')({ validateSearch: listAudit.strip(), component: AuditPage })
