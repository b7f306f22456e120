ALTER TABLE "session" ADD COLUMN "behind" text;--> statement-breakpoint
ALTER TABLE session ADD CONSTRAINT session__behind CHECK (behind IS NULL OR issuer IS NOT NULL);--> statement-breakpoint

-- P1, P6: a rule may name the providers behind a hub; whoever signs came in from one of them, and the entry says so.
CREATE OR REPLACE FUNCTION is_demand(demand jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT (jsonb_typeof(demand) = 'object' AND demand - ARRAY['stages', 'assurance', 'signIn', 'callBack', 'coolingOffHours', 'deadline', 'escalation'] = '{}'
    AND (NOT demand ? 'signIn' OR (demand -> 'signIn') - 'behind' = jsonb_build_object('issuers', demand -> 'signIn' -> 'issuers', 'contexts', demand -> 'signIn' -> 'contexts')
      AND CASE WHEN NOT demand -> 'signIn' ? 'behind' THEN true WHEN jsonb_typeof(demand -> 'signIn' -> 'behind') = 'array' THEN jsonb_array_length(demand -> 'signIn' -> 'behind') BETWEEN 1 AND 20
        AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements(demand -> 'signIn' -> 'behind') one WHERE jsonb_typeof(one) <> 'string') ELSE false END
      AND jsonb_typeof(demand -> 'signIn' -> 'issuers') = 'array' AND jsonb_array_length(demand -> 'signIn' -> 'issuers') BETWEEN 1 AND 5
      AND jsonb_typeof(demand -> 'signIn' -> 'contexts') = 'array' AND jsonb_array_length(demand -> 'signIn' -> 'contexts') <= 10
      AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements((demand -> 'signIn' -> 'issuers') || (demand -> 'signIn' -> 'contexts')) one WHERE jsonb_typeof(one) <> 'string'))
    AND demand ->> 'assurance' IN ('session', 'totp', 'passkey') AND jsonb_typeof(demand -> 'callBack') = 'boolean' AND whole_between(demand -> 'coolingOffHours', 0, 168)
    AND (demand -> 'deadline' = jsonb_build_object('hours', demand -> 'deadline' -> 'hours') AND whole_between(demand -> 'deadline' -> 'hours', 1, 168)
      OR demand -> 'deadline' = jsonb_build_object('workingHours', demand -> 'deadline' -> 'workingHours') AND whole_between(demand -> 'deadline' -> 'workingHours', 1, 95))
    AND (demand -> 'escalation' = 'null' OR demand -> 'escalation' = jsonb_build_object('remindAfter', demand -> 'escalation' -> 'remindAfter', 'widenAfter', demand -> 'escalation' -> 'widenAfter')
      AND whole_between(demand -> 'escalation' -> 'remindAfter', 1, 168) AND whole_between(demand -> 'escalation' -> 'widenAfter', 1, 168))
    AND CASE WHEN jsonb_typeof(demand -> 'stages') = 'array' THEN jsonb_array_length(demand -> 'stages') BETWEEN 1 AND 3 AND NOT EXISTS (
      SELECT 1 FROM jsonb_array_elements(demand -> 'stages') stage WHERE (jsonb_typeof(stage) = 'object' AND stage - ARRAY['people', 'roles', 'level'] = '{}' AND whole_between(stage -> 'people', 1, 4)
        AND stage ->> 'level' IN ('covering', 'structure', 'above', 'network', 'another-structure')
        AND some_of(stage -> 'roles', '["account-manager", "supervisor", "reset-manager", "it-admin", "auditor", "policy-owner"]')) IS NOT TRUE) END) IS TRUE
$$;
CREATE OR REPLACE FUNCTION approval_through() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE asked jsonb := (SELECT r.demand -> 'signIn' FROM request r WHERE r.id = NEW.request_id);
BEGIN
  IF asked IS NULL THEN RETURN NULL; END IF;
  IF NOT EXISTS (SELECT 1 FROM audit_entry e JOIN session s ON s.id::text = e.origin ->> 'sessionId' AND s.account_id = NEW.approver_id
    WHERE e.transaction_id = pg_current_xact_id() AND e.at > now() - interval '1 hour' AND e.subject_id = NEW.request_id AND e.actor_id = NEW.approver_id AND e.type = 'request.approval-given'
      AND asked -> 'issuers' ? s.issuer AND e.data -> 'through' ->> 'issuer' = s.issuer
      AND (NOT asked ? 'behind' OR asked -> 'behind' ? s.behind AND e.data -> 'through' ->> 'behind' = s.behind) AND (asked -> 'contexts' = '[]' OR asked -> 'contexts' ? COALESCE(s.acr, '') OR asked -> 'contexts' ?| s.amr))
    THEN PERFORM refuse('P1', 'an approval of somebody who did not sign in as its requirement asks'); END IF;
  RETURN NULL;
END $$;
