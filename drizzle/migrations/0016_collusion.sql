CREATE TABLE "collusion_number" (
	"organisation_id" uuid PRIMARY KEY NOT NULL,
	"account" integer,
	"credential" integer,
	"role" integer,
	"policy" integer,
	"account_signers" integer NOT NULL,
	"credential_signers" integer NOT NULL,
	"measured_at" timestamp with time zone NOT NULL,
	"told_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "collusion_number" ADD CONSTRAINT "collusion_number_organisation_id_organisation_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisation"("id") ON DELETE no action ON UPDATE no action;