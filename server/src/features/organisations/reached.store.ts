import { sql } from 'drizzle-orm'

/** The organisation whose files account `a` of profile `p` reaches, as `reachedOrganisation` of the profiles says it; null where it opens none. */
export const reachedId = sql`case p.data_scope when 'none' then null when 'nation' then a.nation_id when 'region' then coalesce(a.region_id, a.network_id)
  when 'departement' then coalesce(a.departement_id, a.region_id, a.network_id) when 'structure' then coalesce(a.structure_id, a.departement_id, a.region_id, a.network_id)
  else coalesce(a.site_id, a.structure_id, a.departement_id, a.region_id, a.network_id) end`
