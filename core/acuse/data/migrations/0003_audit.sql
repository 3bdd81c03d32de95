-- The audit trail: what was done for or with a tenant, kept for who has to prove it. A fact: its region is in the
-- key, no sequence numbers it, and what happened has its own id, so that telling it twice keeps it once.
-- No content and nothing about a person; names of objects, codes, counts.

CREATE TABLE acuse.audit_logs (
  region      text NOT NULL,
  tenant_id   uuid NOT NULL,
  id          uuid NOT NULL,
  code        text NOT NULL CHECK (code ~ '^[a-z_]+\.[a-z_]+$'),
  -- The program that did it, or the user that it was done for.
  actor       text NOT NULL CHECK (actor <> ''),
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  detail      jsonb NOT NULL CHECK (jsonb_typeof(detail) = 'object'),
  PRIMARY KEY (region, tenant_id, id)
);
CREATE INDEX audit_logs_recorded ON acuse.audit_logs (recorded_at DESC, id);

-- Grants keep programs from changing it; this keeps its owner from doing so by mistake.
CREATE FUNCTION acuse.keep_audit() RETURNS trigger
  LANGUAGE plpgsql
  AS $$ BEGIN RAISE EXCEPTION 'audit_logs is only ever appended to' USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON acuse.audit_logs
  FOR EACH STATEMENT EXECUTE FUNCTION acuse.keep_audit();
ALTER TABLE acuse.audit_logs ENABLE ALWAYS TRIGGER keep;

ALTER TABLE acuse.audit_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE acuse.audit_logs FORCE ROW LEVEL SECURITY;
CREATE POLICY trail ON acuse.audit_logs TO acuse_admin USING (true) WITH CHECK (true);
CREATE POLICY own ON acuse.audit_logs FOR SELECT TO acuse_api USING (tenant_id = (SELECT acuse.current_tenant()));
GRANT SELECT, INSERT ON acuse.audit_logs TO acuse_admin;
GRANT SELECT ON acuse.audit_logs TO acuse_api;
