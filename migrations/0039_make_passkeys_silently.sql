-- Passkeys that a browser made by itself after a password. Their users may not know that they have
-- them, so none is asked for beside a password.

ALTER TABLE passkeys ADD COLUMN silent boolean NOT NULL DEFAULT false;
