CREATE INDEX "account__region_by_sign_in" ON "account" USING btree ("region_id","last_sign_in_at","id");--> statement-breakpoint
CREATE INDEX "session__address" ON "session" USING btree ("address");