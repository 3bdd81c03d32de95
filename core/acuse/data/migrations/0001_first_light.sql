-- The tables of one region. Facts (events, messages, statuses) carry their region in the key and are never
-- numbered by a sequence, so that two regions' databases can be merged; state rows have uuid keys.
-- Times are timestamptz, money is numeric with an ISO 4217 currency beside it.
--
-- Who may see what:
--   acuse_intake   inserts events for any tenant and reads nothing but their keys
--   acuse_worker   sees the queues (events, outbox) of all tenants, content only of the tenant it has set
--   acuse_api      sees only the tenant it has set
--   acuse_admin    the CLI: queues and states of all tenants, never content
-- The tenant is set with set_config('acuse.tenant_id', …, true): it ends with the transaction.

CREATE SCHEMA IF NOT EXISTS acuse;
GRANT USAGE ON SCHEMA acuse TO acuse_intake, acuse_worker, acuse_api, acuse_admin;

-- STABLE and in a sub-select in each policy: evaluated once per statement, so indexes stay usable.
CREATE FUNCTION acuse.current_tenant() RETURNS uuid
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('acuse.tenant_id', true), '')::uuid $$;

-- --- tenants -----------------------------------------------------------------------------------

CREATE TABLE acuse.tenants (
  id           uuid PRIMARY KEY,
  key          text NOT NULL UNIQUE,
  display_name text NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE acuse.api_tokens (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id    uuid NOT NULL REFERENCES acuse.tenants (id),
  name         text NOT NULL,
  token_hash   bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  scopes       text[] NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz NOT NULL,
  revoked_at   timestamptz,
  last_used_at timestamptz
);

-- --- events: one row per update of a webhook body; the row is also the job ------------------------

CREATE TABLE acuse.webhook_events (
  region          text NOT NULL,
  -- The nil uuid when no tenant is known: such an event is kept and reported, never dropped.
  tenant_id       uuid NOT NULL,
  event_id        text NOT NULL CHECK (length(event_id) <= 512),
  provider        text NOT NULL,
  kind            text NOT NULL,
  field           text NOT NULL,
  waba_id         text,
  phone_number_id text,
  -- Events of one lane (a sender, a message's statuses, an account field) are worked on in order, one at a time.
  lane            text NOT NULL,
  delivery_id     uuid NOT NULL,
  ordinal         integer NOT NULL,
  occurred_at     timestamptz NOT NULL,
  -- json, not jsonb: the update exactly as Meta wrote it, \u0000 and lone surrogates included.
  payload         json NOT NULL,
  status          text NOT NULL DEFAULT 'received'
                  CHECK (status IN ('received', 'processing', 'processed', 'ignored', 'failed', 'dead')),
  step            text,
  reason          text,
  detail          text,
  -- Failed tries of the current step; a step that succeeds starts again from 0.
  retries         integer NOT NULL DEFAULT 0,
  -- Leases of the current step that ran out: a document that kills its worker each time must end.
  lost_leases     integer NOT NULL DEFAULT 0,
  -- The fencing token: raised by every claim; a write that names an older one changes nothing.
  attempt         integer NOT NULL DEFAULT 0,
  run_at          timestamptz NOT NULL DEFAULT now(),
  lease_until     timestamptz,
  leased_by       text,
  created_at      timestamptz NOT NULL DEFAULT now(),
  processed_at    timestamptz,
  PRIMARY KEY (region, tenant_id, event_id),
  CHECK ((status = 'processing') = (lease_until IS NOT NULL)),
  CHECK ((status IN ('processed', 'ignored', 'dead')) = (processed_at IS NOT NULL))
);

-- What is due, per tenant: the claim walks it tenant by tenant.
CREATE INDEX webhook_events_due ON acuse.webhook_events (region, tenant_id, run_at)
  WHERE status IN ('received', 'failed');
-- Is an earlier event of this lane still open? The claim asks it of every candidate.
CREATE INDEX webhook_events_lane ON acuse.webhook_events
  (region, tenant_id, lane, occurred_at, created_at, ordinal)
  WHERE status IN ('received', 'processing', 'failed');
-- One at a time per lane, whatever the claim does.
CREATE UNIQUE INDEX webhook_events_busy ON acuse.webhook_events (region, tenant_id, lane) WHERE status = 'processing';
-- Leases that have run out: the reaper's list.
CREATE INDEX webhook_events_leased ON acuse.webhook_events (lease_until) WHERE status = 'processing';
CREATE INDEX webhook_events_recent ON acuse.webhook_events (tenant_id, created_at DESC);
-- A queue changes faster than the defaults (a fifth of the table) expect.
ALTER TABLE acuse.webhook_events SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

-- --- conversation ----------------------------------------------------------------------------------

-- A person, keyed by Meta's business-scoped user id; the phone (wa_id) may be absent.
CREATE TABLE acuse.senders (
  id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id       uuid NOT NULL,
  user_id         text,
  wa_id           text,
  profile_name    text,
  username        text,
  last_message_at timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, id),
  UNIQUE (tenant_id, user_id),
  CHECK (user_id IS NOT NULL OR wa_id IS NOT NULL)
);
CREATE INDEX senders_wa_id ON acuse.senders (tenant_id, wa_id);
CREATE UNIQUE INDEX senders_phone_only ON acuse.senders (tenant_id, wa_id) WHERE user_id IS NULL;

CREATE TABLE acuse.messages (
  region          text NOT NULL,
  tenant_id       uuid NOT NULL,
  message_id      text NOT NULL,
  sender_id       uuid NOT NULL,
  phone_number_id text NOT NULL,
  kind            text NOT NULL,
  body            text,
  -- The media that it has now: an edit may bring another, or an earlier one back.
  graph_media_id  text,
  context_id      text,
  occurred_at     timestamptz NOT NULL,
  acknowledged_at timestamptz,
  edited_at       timestamptz,
  revoked_at      timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (region, tenant_id, message_id),
  FOREIGN KEY (tenant_id, sender_id) REFERENCES acuse.senders (tenant_id, id)
);

CREATE INDEX messages_sender ON acuse.messages (tenant_id, sender_id);

CREATE TABLE acuse.message_statuses (
  region        text NOT NULL,
  tenant_id     uuid NOT NULL,
  message_id    text NOT NULL,
  status        text NOT NULL,
  recipient     text NOT NULL,
  occurred_at   timestamptz NOT NULL,
  callback_data text,
  error_code    integer,
  pricing       json,
  created_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (region, tenant_id, message_id, status, recipient)
);

CREATE TABLE acuse.media (
  id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id      uuid NOT NULL,
  message_id     text NOT NULL,
  graph_media_id text NOT NULL,
  mime_type      text,
  filename       text,
  -- As Meta announced it, in lower-case hex.
  announced_sha256 text,
  state          text NOT NULL DEFAULT 'wanted' CHECK (state IN ('wanted', 'stored', 'rejected')),
  error_code     text,
  object_key     text,
  size           bigint,
  sha256         text,
  stored_at      timestamptz,
  created_at     timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, id),
  UNIQUE (tenant_id, message_id, graph_media_id),
  CHECK ((state = 'stored') = (object_key IS NOT NULL))
);

-- --- ledger ------------------------------------------------------------------------------------------

CREATE TABLE acuse.counterparties (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id  uuid NOT NULL,
  name       text NOT NULL,
  -- The name folded for comparison (case, accents, legal form); see acuse.matching.names.
  name_key   text NOT NULL,
  tax_id     text,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, id)
);
CREATE UNIQUE INDEX counterparties_tax_id ON acuse.counterparties (tenant_id, tax_id) WHERE tax_id IS NOT NULL;
CREATE UNIQUE INDEX counterparties_name ON acuse.counterparties (tenant_id, name_key) WHERE tax_id IS NULL;

CREATE TABLE acuse.transactions (
  id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id         uuid NOT NULL,
  -- The ledger's own id of the line: importing it again changes nothing.
  external_id       text NOT NULL,
  posted_on         date NOT NULL,
  -- Signed as in the ledger: negative leaves the business, positive enters it.
  amount            numeric(18, 2) NOT NULL,
  -- Without sign, in hundredths, for the index below: row-level security keeps numeric comparisons and abs() out of
  -- index conditions, because they are not leakproof; those of bigint are.
  hundredths        bigint NOT NULL GENERATED ALWAYS AS ((abs(amount) * 100)::bigint) STORED,
  currency          text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  description       text NOT NULL,
  counterparty_name text,
  tax_id            text,
  reference         text,
  counterparty_id   uuid,
  created_at        timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, id),
  UNIQUE (tenant_id, external_id),
  FOREIGN KEY (tenant_id, counterparty_id) REFERENCES acuse.counterparties (tenant_id, id)
);
-- Candidates of a receipt: same currency, about the same amount, about the same day.
CREATE INDEX transactions_candidates ON acuse.transactions (tenant_id, currency, hundredths, posted_on);
CREATE INDEX transactions_recent ON acuse.transactions (tenant_id, posted_on DESC, id);

-- --- receipts, matches, reviews ------------------------------------------------------------------

CREATE TABLE acuse.receipts (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id    uuid NOT NULL,
  message_id   text NOT NULL,
  sender_id    uuid NOT NULL,
  media_id     uuid NOT NULL,
  status       text NOT NULL
               CHECK (status IN ('read', 'matched', 'review', 'rejected', 'revoked')),
  kind         text,
  number       text,
  issued_on    date,
  amount       numeric(18, 2) CHECK (amount >= 0),
  currency     text CHECK (currency ~ '^[A-Z]{3}$'),
  vendor       text,
  tax_id       text,
  category     text,
  confidence   real CHECK (confidence BETWEEN 0 AND 1),
  engine       text,
  -- Every field's value, evidence (page, box, text) and confidence; see acuse.reading.values.
  readings     json,
  error_code   text,
  duplicate_of uuid,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, id),
  UNIQUE (tenant_id, media_id),
  FOREIGN KEY (tenant_id, sender_id) REFERENCES acuse.senders (tenant_id, id),
  FOREIGN KEY (tenant_id, media_id) REFERENCES acuse.media (tenant_id, id),
  FOREIGN KEY (tenant_id, duplicate_of) REFERENCES acuse.receipts (tenant_id, id)
);
CREATE INDEX receipts_recent ON acuse.receipts (tenant_id, created_at DESC, id);
CREATE INDEX receipts_message ON acuse.receipts (tenant_id, message_id);
CREATE INDEX receipts_sender ON acuse.receipts (tenant_id, sender_id);
-- The natural key of an Argentine fiscal document: is it one we have had before?
CREATE INDEX receipts_fiscal ON acuse.receipts (tenant_id, tax_id, kind, number) WHERE number IS NOT NULL;
CREATE INDEX media_sha256 ON acuse.media (tenant_id, sha256) WHERE sha256 IS NOT NULL;

CREATE TABLE acuse.receipt_items (
  receipt_id  uuid NOT NULL,
  tenant_id   uuid NOT NULL,
  position    integer NOT NULL,
  description text NOT NULL,
  quantity    numeric(18, 3),
  unit_price  numeric(18, 2),
  amount      numeric(18, 2),
  PRIMARY KEY (receipt_id, position),
  FOREIGN KEY (tenant_id, receipt_id) REFERENCES acuse.receipts (tenant_id, id)
);

CREATE TABLE acuse.matches (
  id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id      uuid NOT NULL,
  receipt_id     uuid NOT NULL,
  transaction_id uuid NOT NULL,
  score          real NOT NULL CHECK (score BETWEEN 0 AND 1),
  -- Each feature with its value, weight and a sentence a person can read; see acuse.matching.score.
  explanation    json NOT NULL,
  created_at     timestamptz NOT NULL DEFAULT now(),
  undone_at      timestamptz,
  undone_reason  text,
  FOREIGN KEY (tenant_id, receipt_id) REFERENCES acuse.receipts (tenant_id, id),
  FOREIGN KEY (tenant_id, transaction_id) REFERENCES acuse.transactions (tenant_id, id)
);
-- One to one, among the matches that stand.
CREATE UNIQUE INDEX matches_receipt ON acuse.matches (tenant_id, receipt_id) WHERE undone_at IS NULL;
CREATE UNIQUE INDEX matches_transaction ON acuse.matches (tenant_id, transaction_id) WHERE undone_at IS NULL;

CREATE TABLE acuse.reviews (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id   uuid NOT NULL,
  receipt_id  uuid NOT NULL,
  reason      text NOT NULL,
  -- The best candidates with their scores and explanations, best first.
  candidates  json NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  closed_at   timestamptz,
  FOREIGN KEY (tenant_id, receipt_id) REFERENCES acuse.receipts (tenant_id, id)
);
CREATE UNIQUE INDEX reviews_open ON acuse.reviews (tenant_id, receipt_id) WHERE closed_at IS NULL;

-- --- replies: a row before the call; at most one send ------------------------------------------------

CREATE TABLE acuse.outbox (
  id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id       uuid NOT NULL,
  sender_id       uuid NOT NULL,
  phone_number_id text NOT NULL,
  -- What asked for it: an event's id, or an API caller's idempotency key; with `purpose`, unique.
  cause           text NOT NULL,
  purpose         text NOT NULL,
  kind            text NOT NULL CHECK (kind IN ('text', 'template', 'document')),
  -- The content part of the Graph API's body: {"text": {…}}, {"template": {…}} or {"document": {…}}.
  content         json NOT NULL,
  context_id      text,
  status          text NOT NULL DEFAULT 'pending'
                  CHECK (status IN ('pending', 'sending', 'sent', 'failed', 'unknown')),
  -- Set by Meta's status webhooks, in the order sent < delivered < read < played; failed ends it.
  delivery        text CHECK (delivery IN ('sent', 'delivered', 'read', 'played', 'failed')),
  wamid           text,
  reason          text,
  retries         integer NOT NULL DEFAULT 0,
  attempt         integer NOT NULL DEFAULT 0,
  run_at          timestamptz NOT NULL DEFAULT now(),
  lease_until     timestamptz,
  leased_by       text,
  created_at      timestamptz NOT NULL DEFAULT now(),
  finished_at     timestamptz,
  UNIQUE (tenant_id, cause, purpose),
  FOREIGN KEY (tenant_id, sender_id) REFERENCES acuse.senders (tenant_id, id),
  CHECK ((status = 'sending') = (lease_until IS NOT NULL)),
  CHECK ((status IN ('sent', 'failed', 'unknown')) = (finished_at IS NOT NULL))
);
CREATE INDEX outbox_due ON acuse.outbox (tenant_id, run_at) WHERE status = 'pending';
CREATE INDEX outbox_leased ON acuse.outbox (lease_until) WHERE status = 'sending';
CREATE INDEX outbox_wamid ON acuse.outbox (tenant_id, wamid) WHERE wamid IS NOT NULL;
CREATE INDEX outbox_sender ON acuse.outbox (tenant_id, sender_id, created_at);

-- --- row-level security: forced, so that even the owner sees nothing without a tenant ------------------

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['webhook_events', 'senders', 'messages', 'message_statuses', 'media', 'counterparties',
      'transactions', 'receipts', 'receipt_items', 'matches', 'reviews', 'outbox', 'api_tokens'] LOOP
    EXECUTE format('ALTER TABLE acuse.%I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE acuse.%I FORCE ROW LEVEL SECURITY', t);
    IF t <> 'api_tokens' THEN
      EXECUTE format('CREATE POLICY tenant ON acuse.%I TO acuse_worker, acuse_api
        USING (tenant_id = (SELECT acuse.current_tenant()))
        WITH CHECK (tenant_id = (SELECT acuse.current_tenant()))', t);
    END IF;
  END LOOP;
END $$;
ALTER TABLE acuse.tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE acuse.tenants FORCE ROW LEVEL SECURITY;

CREATE POLICY own ON acuse.tenants FOR SELECT TO acuse_api USING (id = (SELECT acuse.current_tenant()));
CREATE POLICY registry ON acuse.tenants TO acuse_worker, acuse_admin USING (true) WITH CHECK (true);
GRANT SELECT ON acuse.tenants TO acuse_api;
GRANT SELECT, INSERT, UPDATE ON acuse.tenants TO acuse_worker, acuse_admin;

-- A caller of the API is known by the hash of its token and by nothing else.
CREATE POLICY bearer ON acuse.api_tokens TO acuse_api
  USING (token_hash = (SELECT decode(nullif(current_setting('acuse.token_hash', true), ''), 'hex')));
CREATE POLICY registry ON acuse.api_tokens TO acuse_admin USING (true) WITH CHECK (true);
GRANT SELECT, UPDATE (last_used_at) ON acuse.api_tokens TO acuse_api;
GRANT SELECT, INSERT, UPDATE (revoked_at) ON acuse.api_tokens TO acuse_admin;

-- ON CONFLICT needs to see keys, and nothing else is granted.
CREATE POLICY intake_insert ON acuse.webhook_events FOR INSERT TO acuse_intake WITH CHECK (true);
CREATE POLICY intake_keys ON acuse.webhook_events FOR SELECT TO acuse_intake USING (true);
GRANT INSERT, SELECT (region, tenant_id, event_id) ON acuse.webhook_events TO acuse_intake;

CREATE POLICY queue ON acuse.webhook_events TO acuse_worker, acuse_admin USING (true) WITH CHECK (true);
GRANT SELECT, UPDATE ON acuse.webhook_events TO acuse_worker;
GRANT SELECT ON acuse.webhook_events TO acuse_api;
-- The CLI lists and moves events and cannot read what they say, nor whose lane they are in:
-- `acuse events show --payload` reads one event as acuse_api, which sees the tenant it has set.
GRANT SELECT (region, tenant_id, event_id, provider, kind, field, delivery_id, ordinal, occurred_at, status, step,
    reason, detail, retries, lost_leases, attempt, run_at, lease_until, leased_by, created_at, processed_at),
  UPDATE (status, step, reason, detail, retries, lost_leases, attempt, run_at, lease_until, leased_by, processed_at)
  ON acuse.webhook_events TO acuse_admin;

CREATE POLICY queue ON acuse.outbox TO acuse_worker, acuse_admin USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON acuse.outbox TO acuse_worker;
GRANT SELECT, INSERT ON acuse.outbox TO acuse_api;
GRANT SELECT (id, tenant_id, cause, purpose, kind, status, delivery, reason, retries, attempt, run_at, lease_until,
  created_at, finished_at) ON acuse.outbox TO acuse_admin;

-- For `acuse events reconcile`: states, never content.
CREATE POLICY states ON acuse.messages FOR SELECT TO acuse_admin USING (true);
CREATE POLICY states ON acuse.media FOR SELECT TO acuse_admin USING (true);
CREATE POLICY states ON acuse.receipts FOR SELECT TO acuse_admin USING (true);
CREATE POLICY states ON acuse.reviews FOR SELECT TO acuse_admin USING (true);
CREATE POLICY states ON acuse.matches FOR SELECT TO acuse_admin USING (true);
GRANT SELECT (region, tenant_id, message_id, kind, revoked_at) ON acuse.messages TO acuse_admin;
GRANT SELECT (id, tenant_id, message_id, state, error_code) ON acuse.media TO acuse_admin;
GRANT SELECT (id, tenant_id, message_id, media_id, status, error_code) ON acuse.receipts TO acuse_admin;
GRANT SELECT (tenant_id, receipt_id, reason, closed_at) ON acuse.reviews TO acuse_admin;
GRANT SELECT (tenant_id, receipt_id, transaction_id, undone_at) ON acuse.matches TO acuse_admin;

GRANT SELECT, INSERT, UPDATE ON acuse.senders, acuse.messages, acuse.message_statuses, acuse.media,
  acuse.counterparties, acuse.transactions, acuse.receipts, acuse.matches, acuse.reviews TO acuse_worker;
-- Two rows that turn out to be one person become one.
GRANT DELETE ON acuse.senders TO acuse_worker;
-- A receipt that is read again, after an edit, has its items replaced.
GRANT SELECT, INSERT, UPDATE, DELETE ON acuse.receipt_items TO acuse_worker;
GRANT SELECT ON acuse.senders, acuse.messages, acuse.message_statuses, acuse.media, acuse.counterparties,
  acuse.receipts, acuse.receipt_items, acuse.matches, acuse.reviews TO acuse_api;
GRANT SELECT, INSERT ON acuse.transactions TO acuse_api;
-- An import tries the receipts again that waited for a transaction; nothing else that the API does changes them.
GRANT UPDATE (status, duplicate_of, updated_at) ON acuse.receipts TO acuse_api;
GRANT INSERT ON acuse.matches, acuse.counterparties TO acuse_api;
GRANT INSERT, UPDATE (reason, candidates, closed_at) ON acuse.reviews TO acuse_api;
GRANT UPDATE (counterparty_id) ON acuse.transactions TO acuse_api;
