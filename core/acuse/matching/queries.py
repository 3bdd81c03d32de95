"""Every query of matching."""

from __future__ import annotations

from typing import Final

# A match reads the ledger, an import writes it: imports hold this lock alone, matches together, so
# that no receipt is decided beside an import without either seeing the other.
LEDGER_LOCK_SHARED: Final = """
    SELECT pg_advisory_xact_lock_shared(hashtextextended('acuse.ledger:' || %(tenant_id)s::text, 0))
"""
LEDGER_LOCK: Final = """
    SELECT pg_advisory_xact_lock(hashtextextended('acuse.ledger:' || %(tenant_id)s::text, 0))
"""
# Two copies of one document may be worked on at once: the second waits and then sees the first.
DOCUMENT_LOCK: Final = """
    SELECT pg_advisory_xact_lock(
             hashtextextended('acuse.document:' || %(tenant_id)s::text || %(key)s::text, 0))
"""

RECEIPT: Final = """
    SELECT r.id, r.status, r.kind, r.number, r.issued_on, r.amount, r.currency, r.vendor, r.tax_id,
           r.confidence,
           LEAST((r.readings -> 'amount' ->> 'confidence')::float,
                 (r.readings -> 'issued_on' ->> 'confidence')::float) AS key_confidence,
           m.sha256, r.file_id AS media_id, r.slip
      FROM acuse.receipts r
      JOIN acuse.media m ON m.tenant_id = r.tenant_id AND m.id = r.file_id
     WHERE r.tenant_id = %(tenant_id)s AND r.id = %(receipt_id)s
       FOR UPDATE OF r
"""

# Only receipts that were decided count, so that of two copies one is the original.
# Uses media_sha256, and receipts_fiscal (tenant_id, tax_id, kind, number).
ORIGINAL: Final = """
    SELECT r.id
      FROM acuse.receipts r
      JOIN acuse.media m ON m.tenant_id = r.tenant_id AND m.id = r.file_id
     WHERE r.tenant_id = %(tenant_id)s AND r.id <> %(receipt_id)s
       AND r.status IN ('matched', 'review') AND r.duplicate_of IS NULL
       AND ((m.sha256 = %(sha256)s AND r.file_id <> %(media_id)s AND r.slip = %(slip)s)
            OR (r.number = %(number)s AND r.kind = %(kind)s
                AND (r.tax_id = %(tax_id)s
                     OR (r.tax_id IS NULL AND %(tax_id)s::text IS NULL
                         AND r.amount = %(amount)s AND r.issued_on = %(issued_on)s))))
     ORDER BY r.created_at, r.id
     LIMIT 1
"""

# Uses transactions_candidates (tenant_id, currency, hundredths, posted_on).
CANDIDATES: Final = """
    SELECT t.id, t.posted_on, t.amount, t.currency, t.description, t.counterparty_name, t.tax_id,
           t.reference, t.counterparty_id
      FROM acuse.transactions t
     WHERE t.tenant_id = %(tenant_id)s AND t.currency = %(currency)s
       AND t.hundredths BETWEEN %(least)s::bigint AND %(most)s::bigint
       AND (%(issued_on)s::date IS NULL
            OR t.posted_on BETWEEN %(issued_on)s::date - %(days)s::integer
                               AND %(issued_on)s::date + %(days)s::integer)
       AND NOT EXISTS (SELECT FROM acuse.matches x
                        WHERE x.tenant_id = t.tenant_id AND x.transaction_id = t.id
                          AND x.undone_at IS NULL)
     ORDER BY abs(t.hundredths - %(hundredths)s::bigint),
              abs(t.posted_on - coalesce(%(issued_on)s::date, current_date)), t.id
     LIMIT 50
"""

STANDING: Final = """
    SELECT m.receipt_id, m.transaction_id, t.description, t.posted_on, t.amount, t.currency,
           m.score, m.explanation, t.counterparty_id
      FROM acuse.matches m
      JOIN acuse.transactions t ON t.tenant_id = m.tenant_id AND t.id = m.transaction_id
     WHERE m.tenant_id = %(tenant_id)s AND m.receipt_id = %(receipt_id)s AND m.undone_at IS NULL
"""

# Waits for another transaction that is matching the same line; no row when that one won.
KEEP_MATCH: Final = """
    INSERT INTO acuse.matches (tenant_id, receipt_id, transaction_id, score, explanation)
    VALUES (%(tenant_id)s, %(receipt_id)s, %(transaction_id)s, %(score)s, %(explanation)s)
        ON CONFLICT (tenant_id, transaction_id) WHERE undone_at IS NULL DO NOTHING
    RETURNING id
"""
LINK: Final = """
    UPDATE acuse.transactions SET counterparty_id = %(counterparty_id)s
     WHERE tenant_id = %(tenant_id)s AND id = %(transaction_id)s
"""
SET_STATUS: Final = """
    UPDATE acuse.receipts
       SET status = %(status)s, duplicate_of = %(duplicate_of)s, updated_at = now()
     WHERE tenant_id = %(tenant_id)s AND id = %(receipt_id)s
"""
OPEN_REVIEW: Final = """
    INSERT INTO acuse.reviews (tenant_id, receipt_id, reason, candidates)
    VALUES (%(tenant_id)s, %(receipt_id)s, %(reason)s, %(candidates)s)
        ON CONFLICT (tenant_id, receipt_id) WHERE closed_at IS NULL
        DO UPDATE SET reason = excluded.reason, candidates = excluded.candidates
"""
CLOSE_REVIEW: Final = """
    UPDATE acuse.reviews SET closed_at = now()
     WHERE tenant_id = %(tenant_id)s AND receipt_id = %(receipt_id)s AND closed_at IS NULL
"""
UNDO: Final = """
    UPDATE acuse.matches SET undone_at = now(), undone_reason = %(reason)s
     WHERE tenant_id = %(tenant_id)s AND receipt_id = %(receipt_id)s AND undone_at IS NULL
    RETURNING transaction_id
"""
# Rows that a worker is deciding right now are left to it.
WAITING: Final = """
    SELECT r.id
      FROM acuse.reviews v
      JOIN acuse.receipts r ON r.tenant_id = v.tenant_id AND r.id = v.receipt_id
     WHERE v.tenant_id = %(tenant_id)s AND v.closed_at IS NULL
       AND v.reason = ANY(%(reasons)s) AND r.status = 'review'
     ORDER BY r.created_at, r.id
       FOR UPDATE OF r SKIP LOCKED
"""
