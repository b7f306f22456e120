CREATE INDEX "account__out" ON "account" USING btree ("status","family_name","given_name","id") WHERE "account"."status" <> 'active';--> statement-breakpoint
CREATE INDEX "account__out_in_region" ON "account" USING btree ("region_id","status","family_name","given_name","id") WHERE "account"."status" <> 'active';--> statement-breakpoint
CREATE INDEX "account__far_reaching" ON "account" USING btree ("profile_id","family_name","given_name","id") WHERE "account"."profile_id" not in ('site-adviser', 'structure-adviser', 'structure-reader', 'structure-management');--> statement-breakpoint
-- Whether a search finds a handful or a tenth of all decides how it is best done: the planner has to know its words well.
ALTER TABLE account_search ALTER COLUMN words SET STATISTICS 1000;
