-- Who was given a refresh token: the address for the audit log, the device and the
-- proof key (as hashes, NULL where none was shown) to tell two parties apart. A row
-- thereby also says who used its predecessor first.
ALTER TABLE refresh_tokens
    ADD COLUMN holder_address text NOT NULL DEFAULT '',
    ADD COLUMN holder_device  bytea,
    ADD COLUMN holder_proof   bytea;
