-- The first of three steps that divide audit_log by month, of which none keeps sign-ins
-- waiting: what is in it becomes one partition, up to the beginning of the month after
-- next. This says so without looking; 0011 looks; 0012 divides.
DO $$
BEGIN
    EXECUTE format('ALTER TABLE audit_log ADD CONSTRAINT audit_log_past_check CHECK (occurred_at < %L) NOT VALID',
        (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '2 months') AT TIME ZONE 'UTC');
END $$;
