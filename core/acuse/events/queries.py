"""The statements of the queue."""

from __future__ import annotations

# A claim follows indexes in their order and stops early. Statistics from before a burst say that a
# tenant has a row or none; sorting what any other index finds then looks as cheap, and would read
# all of its thousands at every step.
IN_ORDER = "SET LOCAL enable_sort = off"

# Steps from tenant to tenant on webhook_events_due instead of reading each tenant's rows.
TENANTS_DUE = """
    WITH RECURSIVE waiting AS (
      (SELECT tenant_id FROM acuse.webhook_events
        WHERE region = %(region)s AND status IN ('received', 'failed')
        ORDER BY tenant_id LIMIT 1)
      UNION ALL
      SELECT (SELECT e.tenant_id FROM acuse.webhook_events e
               WHERE e.region = %(region)s AND e.status IN ('received', 'failed')
                 AND e.tenant_id > w.tenant_id
               ORDER BY e.tenant_id LIMIT 1)
        FROM waiting w WHERE w.tenant_id IS NOT NULL
    ), busy AS (
      SELECT tenant_id, count(*)::int AS events FROM acuse.webhook_events
       WHERE region = %(region)s AND status = 'processing' GROUP BY tenant_id
    )
    SELECT w.tenant_id, coalesce(b.events, 0)
      FROM waiting w LEFT JOIN busy b USING (tenant_id)
     WHERE w.tenant_id IS NOT NULL
       AND (%(tenants)s::uuid[] IS NULL OR w.tenant_id = ANY(%(tenants)s::uuid[]))
       AND w.tenant_id <> ALL(%(passed_over)s::uuid[])
       AND (SELECT e.run_at FROM acuse.webhook_events e
             WHERE e.region = %(region)s AND e.status IN ('received', 'failed')
               AND e.tenant_id = w.tenant_id
             ORDER BY e.run_at LIMIT 1) <= statement_timestamp()
     ORDER BY coalesce(b.events, 0), random()
     LIMIT %(limit)s
"""

LOCK_TENANTS = """
    SELECT pg_advisory_xact_lock(key)
      FROM (SELECT hashtextextended('acuse.queue ' || %(region)s || t::text, 0) AS key
              FROM unnest(%(tenants)s::uuid[]) t ORDER BY key) keys
"""

# The lanes of what is due longest, per tenant; `crowded` when few lanes fill all we looked at, so
# that lanes behind them may be due too. Uses webhook_events_due.
LONGEST_DUE = """
    SELECT t.tenant_id, d.lane, d.crowded
      FROM unnest(%(tenants)s::uuid[]) AS t (tenant_id)
     CROSS JOIN LATERAL (
        SELECT lane, sum(count(*)) OVER () >= %(look)s AND count(*) OVER () < %(limit)s AS crowded
          FROM (SELECT lane FROM acuse.webhook_events e
                 WHERE e.region = %(region)s AND e.tenant_id = t.tenant_id
                   AND e.status IN ('received', 'failed') AND e.run_at <= statement_timestamp()
                 ORDER BY e.run_at LIMIT %(look)s) oldest
         GROUP BY lane) d
"""

# The next open lanes after `lane`, stepping from lane to lane on webhook_events_lane: a sender with
# ten thousand events costs as much as one with a single event.
NEXT_LANES = """
    WITH RECURSIVE walk AS (
      SELECT %(after)s::text AS lane, 0 AS steps
      UNION ALL
      SELECT (SELECT e.lane FROM acuse.webhook_events e
               WHERE e.region = %(region)s AND e.tenant_id = %(tenant)s
                 AND e.status IN ('received', 'processing', 'failed') AND e.lane > w.lane
               ORDER BY e.lane LIMIT 1), w.steps + 1
        FROM walk w WHERE w.lane IS NOT NULL AND w.steps < %(look)s
    )
    SELECT lane FROM walk WHERE steps > 0 AND lane IS NOT NULL
"""

# A lane goes on with its first open event, when that is due and none of the lane is in progress.
# Exactly the order of webhook_events_lane: anything more would sort the lane. A sub-select, not an
# anti-join: one look at webhook_events_busy per lane, however much is in progress.
# Places are dealt out in turn: a tenant's next event counts as one more than it has in progress.
# No lease and no end means received or failed (the table's CHECKs), and leaves the primary key as
# the only index that fits.
CLAIM = """
    WITH lanes AS (
      SELECT DISTINCT tenant_id, lane
        FROM unnest(%(lane_tenants)s::uuid[], %(lanes)s::text[]) AS l (tenant_id, lane)
    ), heads AS (
      SELECT l.tenant_id, h.event_id, h.run_at
        FROM lanes l
       CROSS JOIN LATERAL (
          SELECT event_id, run_at FROM acuse.webhook_events e
           WHERE e.region = %(region)s AND e.tenant_id = l.tenant_id AND e.lane = l.lane
             AND e.status IN ('received', 'processing', 'failed')
           ORDER BY e.occurred_at, e.created_at, e.ordinal LIMIT 1) h
       WHERE h.run_at <= statement_timestamp()
         AND (SELECT p.event_id FROM acuse.webhook_events p
               WHERE p.region = %(region)s AND p.tenant_id = l.tenant_id AND p.lane = l.lane
                 AND p.status = 'processing' LIMIT 1) IS NULL
    ), dealt AS (
      SELECT h.tenant_id, h.event_id
        FROM (SELECT tenant_id, event_id, run_at,
                     row_number() OVER (PARTITION BY tenant_id ORDER BY run_at, event_id) AS place
                FROM heads) h
        JOIN unnest(%(tenants)s::uuid[], %(busy)s::int[]) AS t (tenant_id, busy) USING (tenant_id)
       ORDER BY t.busy + h.place, random()
       LIMIT %(limit)s
    ), taken AS (
      SELECT e.tenant_id, e.event_id
        FROM acuse.webhook_events e JOIN dealt d USING (tenant_id, event_id)
       WHERE e.region = %(region)s AND e.lease_until IS NULL AND e.processed_at IS NULL
         FOR UPDATE OF e SKIP LOCKED
    )
    UPDATE acuse.webhook_events e
       SET status = 'processing', attempt = e.attempt + 1, leased_by = %(worker)s,
           lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
      FROM taken t
     WHERE e.region = %(region)s AND e.tenant_id = t.tenant_id AND e.event_id = t.event_id
    RETURNING e.region, e.tenant_id, e.event_id, e.kind, e.field, e.lane, e.phone_number_id,
              e.occurred_at, e.created_at, convert_to(e.payload::text, 'UTF8') AS payload,
              e.step, e.reason, e.retries, e.attempt
"""

RENEW = """
    UPDATE acuse.webhook_events e
       SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
      FROM unnest(%(tenants)s::uuid[], %(events)s::text[], %(attempts)s::int[])
           AS held (tenant_id, event_id, attempt)
     WHERE e.region = %(region)s AND e.tenant_id = held.tenant_id AND e.event_id = held.event_id
       AND e.attempt = held.attempt AND e.status = 'processing'
    RETURNING e.tenant_id, e.event_id, e.attempt
"""

# Uses webhook_events_leased.
REAP = """
    UPDATE acuse.webhook_events e
       SET status = CASE WHEN e.lost_leases + 1 >= %(limit)s THEN 'dead' ELSE 'failed' END,
           processed_at = CASE WHEN e.lost_leases + 1 >= %(limit)s THEN clock_timestamp() END,
           lost_leases = e.lost_leases + 1, retries = e.retries + 1, reason = 'lease_expired',
           lease_until = NULL, leased_by = NULL,
           run_at = clock_timestamp() + make_interval(
             secs => random() * least(%(cap)s, %(base)s * power(2, e.lost_leases)))
      FROM (SELECT region, tenant_id, event_id FROM acuse.webhook_events
             WHERE region = %(region)s AND status = 'processing'
               AND lease_until < statement_timestamp()
             ORDER BY lease_until LIMIT 100 FOR UPDATE SKIP LOCKED) late
     WHERE e.region = late.region AND e.tenant_id = late.tenant_id AND e.event_id = late.event_id
    RETURNING e.status
"""

BACKLOG = """
    SELECT status, count(*)::int,
           coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8
      FROM acuse.webhook_events
     WHERE region = %(region)s AND status IN ('received', 'processing', 'failed')
     GROUP BY status
"""
