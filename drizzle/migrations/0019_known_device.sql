CREATE TABLE "known_device" (
	"account_id" uuid NOT NULL,
	"device_key" text NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	CONSTRAINT "known_device_account_id_device_key_pk" PRIMARY KEY("account_id","device_key")
);
--> statement-breakpoint
ALTER TABLE "sign_in_failure" DROP CONSTRAINT "sign_in_failure_pkey";--> statement-breakpoint
ALTER TABLE "sign_in_failure" ADD COLUMN "source" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "sign_in_failure" ADD CONSTRAINT "sign_in_failure_account_id_source_pk" PRIMARY KEY("account_id","source");--> statement-breakpoint
ALTER TABLE "known_device" ADD CONSTRAINT "known_device_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;
