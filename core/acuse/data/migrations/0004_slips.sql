-- Several receipts may lie in one file: each is a receipt of its own, told apart by its place in the order in which they
-- were read. Programs of the release before know one receipt for each media, and go on keeping it as they did: further ones name
-- their file in another column. Whoever wants the file of any receipt asks for file_id.

ALTER TABLE acuse.receipts ALTER COLUMN media_id DROP NOT NULL;
ALTER TABLE acuse.receipts
  ADD COLUMN slip smallint NOT NULL DEFAULT 1 CHECK (slip > 0),
  ADD COLUMN further_of uuid,
  ADD COLUMN file_id uuid NOT NULL GENERATED ALWAYS AS (coalesce(media_id, further_of)) STORED,
  ADD CONSTRAINT receipts_file CHECK ((slip = 1) = (media_id IS NOT NULL) AND (slip > 1) = (further_of IS NOT NULL)),
  ADD CONSTRAINT receipts_slip UNIQUE (tenant_id, file_id, slip),
  ADD FOREIGN KEY (tenant_id, further_of) REFERENCES acuse.media (tenant_id, id);
