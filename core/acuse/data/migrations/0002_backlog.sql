-- How much waits, for what decides how many workers there are (KEDA, the operator): counts and ages, never content.
--
-- Both functions act as acuse_admin while they run, which sees states and no content. So whoever may become
-- acuse_admin can call them without saying so first, and nobody else gets past the first line: an autoscaler is
-- given the runtime login and one statement, and that login inherits nothing.

GRANT USAGE ON SCHEMA acuse TO PUBLIC;

-- What a tenant's workers have to do now or within half a minute. Waiting replies count as one: they need somebody
-- who sends them, and one does that for many.
CREATE FUNCTION acuse.backlog(for_tenant uuid, in_region text) RETURNS bigint
  LANGUAGE sql STABLE
  SET role = acuse_admin SET search_path = pg_catalog
  AS $$
    SELECT (SELECT count(*) FROM acuse.webhook_events e
             WHERE e.region = in_region AND e.tenant_id = for_tenant AND e.status IN ('received', 'failed')
               AND e.run_at <= statement_timestamp() + interval '30 seconds')
         + (SELECT count(*) FROM acuse.webhook_events e
             WHERE e.region = in_region AND e.tenant_id = for_tenant AND e.status = 'processing')
         + (SELECT count(*) FROM (
              SELECT FROM acuse.outbox o
               WHERE o.tenant_id = for_tenant AND o.status = 'pending'
                 AND o.run_at <= statement_timestamp() + interval '30 seconds' LIMIT 1) waiting)
  $$;

-- The same for every tenant that has any, with its key (null when no program has named it yet) and the age in seconds
-- of the oldest event among them.
CREATE FUNCTION acuse.backlogs(in_region text)
  RETURNS TABLE (tenant_id uuid, tenant_key text, items bigint, oldest_seconds double precision)
  LANGUAGE sql STABLE
  SET role = acuse_admin SET search_path = pg_catalog
  AS $$
    -- One SELECT for each partial index (webhook_events_due, webhook_events_busy, outbox_due): what is done is not read.
    WITH due AS (
      SELECT e.tenant_id, count(*) AS items, min(e.created_at) AS oldest
        FROM acuse.webhook_events e
       WHERE e.region = in_region AND e.status IN ('received', 'failed')
         AND e.run_at <= statement_timestamp() + interval '30 seconds'
       GROUP BY e.tenant_id
    ), busy AS (
      SELECT e.tenant_id, count(*) AS items, min(e.created_at) AS oldest
        FROM acuse.webhook_events e
       WHERE e.region = in_region AND e.status = 'processing'
       GROUP BY e.tenant_id
    ), replies AS (
      SELECT DISTINCT o.tenant_id, 1::bigint AS items, NULL::timestamptz AS oldest
        FROM acuse.outbox o
       WHERE o.status = 'pending' AND o.run_at <= statement_timestamp() + interval '30 seconds'
    )
    SELECT w.tenant_id, t.key, sum(w.items)::bigint,
           coalesce(extract(epoch FROM statement_timestamp() - min(w.oldest)), 0)::double precision
      FROM (SELECT * FROM due UNION ALL SELECT * FROM busy UNION ALL SELECT * FROM replies) w
      LEFT JOIN acuse.tenants t ON t.id = w.tenant_id
     GROUP BY w.tenant_id, t.key
  $$;

REVOKE EXECUTE ON FUNCTION acuse.current_tenant() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION acuse.current_tenant() TO acuse_intake, acuse_worker, acuse_api, acuse_admin;
