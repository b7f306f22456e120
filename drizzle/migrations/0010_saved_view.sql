CREATE TABLE "saved_view" (
	"id" uuid PRIMARY KEY NOT NULL,
	"owner_id" uuid NOT NULL,
	"name" text NOT NULL,
	"search" jsonb NOT NULL,
	"hidden" text[] NOT NULL,
	"shared" boolean NOT NULL,
	"home_id" uuid NOT NULL,
	"saved_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "saved_view" ADD CONSTRAINT "saved_view_owner_id_account_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "saved_view" ADD CONSTRAINT "saved_view_home_id_organisation_id_fk" FOREIGN KEY ("home_id") REFERENCES "public"."organisation"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "saved_view__name" ON "saved_view" USING btree ("owner_id","name");--> statement-breakpoint
CREATE INDEX "saved_view__home" ON "saved_view" USING btree ("home_id");--> statement-breakpoint

-- P6: what somebody shares with others is told; whose it is does not change.
CREATE CONSTRAINT TRIGGER saved_view_audited AFTER INSERT OR UPDATE OR DELETE ON saved_view DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION must_be_audited('id');
