CREATE EXTENSION IF NOT EXISTS ltree;--> statement-breakpoint
CREATE EXTENSION IF NOT EXISTS pg_trgm;--> statement-breakpoint
CREATE TABLE "account" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"nation_id" uuid,
	"network_id" uuid,
	"region_id" uuid,
	"departement_id" uuid,
	"structure_id" uuid,
	"site_id" uuid,
	"login" text NOT NULL,
	"given_name" text NOT NULL,
	"family_name" text NOT NULL,
	"email" text NOT NULL,
	"phone" text NOT NULL,
	"language" text DEFAULT 'fr' NOT NULL,
	"profile_id" text NOT NULL,
	"reach" integer NOT NULL,
	"status" text NOT NULL,
	"previous_status" text,
	"status_changed_at" timestamp with time zone NOT NULL,
	"status_changed_by" uuid,
	"created_by_request_id" uuid NOT NULL,
	"authorised_by_request_id" uuid NOT NULL,
	"epoch" integer DEFAULT 1 NOT NULL,
	"ends_on" date NOT NULL,
	"contact_changed_at" timestamp with time zone,
	"last_sign_in_at" timestamp with time zone DEFAULT '-infinity' NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "account_login_unique" UNIQUE("login")
);
--> statement-breakpoint
CREATE TABLE "account_search" (
	"account_id" uuid PRIMARY KEY NOT NULL,
	"words" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_entry" (
	"id" uuid PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"recorded_at" timestamp with time zone DEFAULT now() NOT NULL,
	"transaction_id" "xid8" NOT NULL,
	"type" text NOT NULL,
	"actor_id" uuid,
	"subject_id" uuid NOT NULL,
	"organisation_id" uuid,
	"nation_id" uuid,
	"network_id" uuid,
	"region_id" uuid,
	"departement_id" uuid,
	"structure_id" uuid,
	"site_id" uuid,
	"origin" jsonb NOT NULL,
	"data" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "credential" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"secret" text NOT NULL,
	"link_id" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	"last_step" bigint
);
--> statement-breakpoint
CREATE TABLE "link" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"account_id" uuid NOT NULL,
	"request_id" uuid NOT NULL,
	"token_hash" "bytea",
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	"used_in" "xid8",
	"voided_at" timestamp with time zone,
	CONSTRAINT "link_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "lineage" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"from_account_id" uuid NOT NULL,
	"to_account_id" uuid NOT NULL,
	"request_id" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "organisation" (
	"id" uuid PRIMARY KEY NOT NULL,
	"external_id" text NOT NULL,
	"level" text NOT NULL,
	"parent_id" uuid,
	"path" "ltree" NOT NULL,
	"nation_id" uuid,
	"network_id" uuid,
	"region_id" uuid,
	"departement_id" uuid,
	"structure_id" uuid,
	"site_id" uuid,
	"name" text NOT NULL,
	"network_kind" text,
	"email_domain" text,
	"address" text,
	"postcode" text,
	"commune_code" text,
	"phone" text,
	"caseload" integer DEFAULT 0 NOT NULL,
	"total_caseload" integer DEFAULT 0 NOT NULL,
	"convention_ends_on" date,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "organisation_external_id_unique" UNIQUE("external_id")
);
--> statement-breakpoint
CREATE TABLE "demo_mail" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"recipient" text NOT NULL,
	"subject" text NOT NULL,
	"body" text NOT NULL,
	"sent_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" uuid PRIMARY KEY NOT NULL,
	"entry_id" uuid NOT NULL,
	"destination" text NOT NULL,
	"account_id" uuid NOT NULL,
	"sequence" integer NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"run_after" timestamp with time zone NOT NULL,
	"settled_at" timestamp with time zone,
	"outcome" text,
	"last_error" text
);
--> statement-breakpoint
CREATE TABLE "profile" (
	"id" text PRIMARY KEY NOT NULL,
	"data_scope" text NOT NULL,
	"rights" text[] NOT NULL,
	"networks" text[] NOT NULL
);
--> statement-breakpoint
CREATE TABLE "approval" (
	"id" uuid PRIMARY KEY NOT NULL,
	"request_id" uuid NOT NULL,
	"approver_id" uuid NOT NULL,
	"content_hash" text NOT NULL,
	"independent" boolean NOT NULL,
	"given_at" timestamp with time zone NOT NULL,
	"voided_at" timestamp with time zone,
	"voided_because" text,
	CONSTRAINT "approval__independent" CHECK ("approval"."independent")
);
--> statement-breakpoint
CREATE TABLE "call_back" (
	"id" uuid PRIMARY KEY NOT NULL,
	"request_id" uuid NOT NULL,
	"caller_id" uuid NOT NULL,
	"outcome" text NOT NULL,
	"note" text NOT NULL,
	"called_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "request" (
	"id" uuid PRIMARY KEY NOT NULL,
	"reference" bigint GENERATED ALWAYS AS IDENTITY (sequence name "request_reference_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1001 CACHE 1),
	"kind" text NOT NULL,
	"status" text NOT NULL,
	"organisation_id" uuid NOT NULL,
	"nation_id" uuid,
	"network_id" uuid,
	"region_id" uuid,
	"departement_id" uuid,
	"structure_id" uuid,
	"site_id" uuid,
	"requester_id" uuid,
	"subject_id" uuid,
	"channel" text NOT NULL,
	"content" json NOT NULL,
	"content_hash" text NOT NULL,
	"approvals_needed" integer NOT NULL,
	"approver_roles" text[] NOT NULL,
	"submitted_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"held_until" timestamp with time zone,
	"decided_at" timestamp with time zone,
	"decided_by" uuid,
	"reason" text,
	"executed_in" "xid8",
	CONSTRAINT "request__someone_must_agree" CHECK ("request"."approvals_needed" >= 1),
	CONSTRAINT "request__some_role_may_agree" CHECK (cardinality("request"."approver_roles") >= 1),
	CONSTRAINT "request__hash_of_content" CHECK ("request"."content_hash" = encode(sha256(convert_to("request"."content"::text, 'UTF8')), 'hex'))
);
--> statement-breakpoint
CREATE TABLE "role_grant" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"role" text NOT NULL,
	"organisation_id" uuid NOT NULL,
	"request_id" uuid NOT NULL,
	"granted_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "session" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"method" text NOT NULL,
	"epoch" integer NOT NULL,
	"device" text NOT NULL,
	"address" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "session_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "sign_in_failure" (
	"account_id" uuid PRIMARY KEY NOT NULL,
	"failures" integer NOT NULL,
	"last_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "account" ADD CONSTRAINT "account_organisation_id_organisation_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisation"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "account" ADD CONSTRAINT "account_profile_id_profile_id_fk" FOREIGN KEY ("profile_id") REFERENCES "public"."profile"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "account_search" ADD CONSTRAINT "account_search_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credential" ADD CONSTRAINT "credential_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credential" ADD CONSTRAINT "credential_link_id_link_id_fk" FOREIGN KEY ("link_id") REFERENCES "public"."link"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "link" ADD CONSTRAINT "link_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "link" ADD CONSTRAINT "link_request_id_request_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."request"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "organisation" ADD CONSTRAINT "organisation_parent_id_organisation_id_fk" FOREIGN KEY ("parent_id") REFERENCES "public"."organisation"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "demo_mail" ADD CONSTRAINT "demo_mail_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "outbox" ADD CONSTRAINT "outbox_entry_id_audit_entry_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."audit_entry"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "outbox" ADD CONSTRAINT "outbox_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approval" ADD CONSTRAINT "approval_request_id_request_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."request"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approval" ADD CONSTRAINT "approval_approver_id_account_id_fk" FOREIGN KEY ("approver_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "call_back" ADD CONSTRAINT "call_back_request_id_request_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."request"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "call_back" ADD CONSTRAINT "call_back_caller_id_account_id_fk" FOREIGN KEY ("caller_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "request" ADD CONSTRAINT "request_organisation_id_organisation_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisation"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "request" ADD CONSTRAINT "request_requester_id_account_id_fk" FOREIGN KEY ("requester_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "request" ADD CONSTRAINT "request_subject_id_account_id_fk" FOREIGN KEY ("subject_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "request" ADD CONSTRAINT "request_decided_by_account_id_fk" FOREIGN KEY ("decided_by") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "role_grant" ADD CONSTRAINT "role_grant_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "role_grant" ADD CONSTRAINT "role_grant_organisation_id_organisation_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisation"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "role_grant" ADD CONSTRAINT "role_grant_request_id_request_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."request"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "session" ADD CONSTRAINT "session_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_failure" ADD CONSTRAINT "sign_in_failure_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "account__by_name" ON "account" USING btree ("family_name","given_name","id");--> statement-breakpoint
CREATE INDEX "account__by_sign_in" ON "account" USING btree ("last_sign_in_at","id");--> statement-breakpoint
CREATE INDEX "account__by_reach" ON "account" USING btree ("reach","id");--> statement-breakpoint
CREATE INDEX "account__structure" ON "account" USING btree ("structure_id","family_name","given_name","id");--> statement-breakpoint
CREATE INDEX "account__departement" ON "account" USING btree ("departement_id","family_name","given_name","id");--> statement-breakpoint
CREATE INDEX "account__region" ON "account" USING btree ("region_id","family_name","given_name","id");--> statement-breakpoint
CREATE INDEX "account__organisation" ON "account" USING btree ("organisation_id");--> statement-breakpoint
CREATE INDEX "account__email" ON "account" USING btree ("email");--> statement-breakpoint
CREATE INDEX "account_search__words" ON "account_search" USING gin ("words" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "audit_entry__by_time" ON "audit_entry" USING btree ("at","id");--> statement-breakpoint
CREATE INDEX "audit_entry__subject" ON "audit_entry" USING btree ("subject_id","at");--> statement-breakpoint
CREATE INDEX "audit_entry__actor" ON "audit_entry" USING btree ("actor_id","at");--> statement-breakpoint
CREATE INDEX "audit_entry__type" ON "audit_entry" USING btree ("type","at");--> statement-breakpoint
CREATE INDEX "audit_entry__structure" ON "audit_entry" USING btree ("structure_id","at","id");--> statement-breakpoint
CREATE INDEX "audit_entry__transaction" ON "audit_entry" USING btree ("transaction_id","subject_id");--> statement-breakpoint
CREATE UNIQUE INDEX "credential__one_password" ON "credential" USING btree ("account_id") WHERE "credential"."kind" = 'password';--> statement-breakpoint
CREATE UNIQUE INDEX "credential__one_totp" ON "credential" USING btree ("account_id") WHERE "credential"."kind" = 'totp';--> statement-breakpoint
CREATE INDEX "credential__account" ON "credential" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "link__account" ON "link" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "link__request" ON "link" USING btree ("request_id");--> statement-breakpoint
CREATE INDEX "lineage__to" ON "lineage" USING btree ("to_account_id","at");--> statement-breakpoint
CREATE INDEX "lineage__from" ON "lineage" USING btree ("from_account_id","at");--> statement-breakpoint
CREATE INDEX "organisation__parent" ON "organisation" USING btree ("parent_id");--> statement-breakpoint
CREATE INDEX "organisation__path" ON "organisation" USING gist ("path");--> statement-breakpoint
CREATE INDEX "organisation__name" ON "organisation" USING gin (lower("name") gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "demo_mail__by_time" ON "demo_mail" USING btree ("sent_at");--> statement-breakpoint
CREATE UNIQUE INDEX "outbox__order" ON "outbox" USING btree ("account_id","destination","sequence");--> statement-breakpoint
CREATE INDEX "outbox__due" ON "outbox" USING btree ("run_after") WHERE "outbox"."settled_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "approval__once_each" ON "approval" USING btree ("request_id","approver_id") WHERE "approval"."voided_at" is null;--> statement-breakpoint
CREATE INDEX "approval__approver" ON "approval" USING btree ("approver_id","given_at");--> statement-breakpoint
CREATE INDEX "call_back__request" ON "call_back" USING btree ("request_id","called_at");--> statement-breakpoint
CREATE UNIQUE INDEX "request__one_pending" ON "request" USING btree ("subject_id","kind") WHERE "request"."status" = 'pending';--> statement-breakpoint
CREATE UNIQUE INDEX "request__reference" ON "request" USING btree ("reference");--> statement-breakpoint
CREATE INDEX "request__pending" ON "request" USING btree ("expires_at","id") WHERE "request"."status" = 'pending';--> statement-breakpoint
CREATE INDEX "request__by_time" ON "request" USING btree ("submitted_at","id");--> statement-breakpoint
CREATE INDEX "request__requester" ON "request" USING btree ("requester_id","submitted_at");--> statement-breakpoint
CREATE INDEX "request__subject" ON "request" USING btree ("subject_id","submitted_at");--> statement-breakpoint
CREATE INDEX "request__structure" ON "request" USING btree ("structure_id","submitted_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "role_grant__once" ON "role_grant" USING btree ("account_id","role","organisation_id") WHERE "role_grant"."revoked_at" is null;--> statement-breakpoint
CREATE INDEX "role_grant__role" ON "role_grant" USING btree ("role") WHERE "role_grant"."revoked_at" is null;--> statement-breakpoint
CREATE INDEX "session__account" ON "session" USING btree ("account_id");