ALTER TABLE "request" ADD COLUMN "signals" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
CREATE INDEX "audit_entry__unnumbered" ON "audit_entry" USING btree ("transaction_id","id") WHERE "audit_entry"."number" is null;--> statement-breakpoint
CREATE INDEX "finding__about_id" ON "finding" USING btree ("about_id");