-- Several receipts may lie in one photo: each is a receipt of its own, told apart by the order in which they were read.

ALTER TABLE acuse.receipts ADD COLUMN slip smallint NOT NULL DEFAULT 1 CHECK (slip > 0);
ALTER TABLE acuse.receipts DROP CONSTRAINT receipts_tenant_id_media_id_key;
ALTER TABLE acuse.receipts ADD CONSTRAINT receipts_slip UNIQUE (tenant_id, media_id, slip);
