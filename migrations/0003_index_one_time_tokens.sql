-- A new one-time token ends the unspent ones of its purpose. Sign-ups have a
-- purpose each, so those have to be found among many.
CREATE INDEX one_time_tokens_by_purpose ON one_time_tokens (tenant_id, purpose) WHERE spent_at IS NULL;
