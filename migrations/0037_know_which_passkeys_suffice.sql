-- Which passkeys sign in without anything else: those that have verified their user once, by a PIN, a
-- fingerprint or a face. Of the ones there are it is noted when they are used next; synced ones always do.
ALTER TABLE passkeys ADD COLUMN user_verified boolean NOT NULL DEFAULT false;
GRANT UPDATE (user_verified) ON passkeys TO plinto_app;
