CREATE TABLE "absence" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"from_on" date NOT NULL,
	"until_on" date NOT NULL,
	"delegate_id" uuid,
	"announced_at" timestamp with time zone NOT NULL,
	"withdrawn_at" timestamp with time zone,
	CONSTRAINT "absence__days" CHECK ("absence"."until_on" >= "absence"."from_on" and "absence"."until_on" < "absence"."from_on" + 92),
	CONSTRAINT "absence__somebody_else" CHECK ("absence"."delegate_id" is distinct from "absence"."account_id")
);
--> statement-breakpoint
ALTER TABLE "absence" ADD CONSTRAINT "absence_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "absence" ADD CONSTRAINT "absence_delegate_id_account_id_fk" FOREIGN KEY ("delegate_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "absence__account" ON "absence" USING btree ("account_id","until_on");--> statement-breakpoint
CREATE INDEX "absence__delegate" ON "absence" USING btree ("delegate_id","until_on");--> statement-breakpoint

-- P6: who is away, and whom they name, is told. Nothing hangs on it that anybody may do: naming somebody gives nobody a right.
CREATE CONSTRAINT TRIGGER absence_audited AFTER INSERT OR UPDATE OR DELETE ON absence DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION must_be_audited('account_id');
CREATE FUNCTION absence_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF OLD.withdrawn_at IS NOT NULL THEN PERFORM refuse('P3', 'an absence that was withdrawn stays withdrawn'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER absence_changed AFTER UPDATE ON absence FOR EACH ROW EXECUTE FUNCTION absence_changed();
CREATE TRIGGER reads_the_present BEFORE INSERT OR UPDATE ON absence FOR EACH STATEMENT EXECUTE FUNCTION reads_the_present();
