-- Of a client secret only a hash is kept, so that it is weak is noted when it comes in:
-- plinto client check tells operators. Secrets from before are not known to be.
ALTER TABLE client_secrets ADD COLUMN weak boolean NOT NULL DEFAULT false;
