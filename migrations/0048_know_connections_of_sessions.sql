-- The connection to an identity provider with which the user of a session proved who they are; NULL: with none. No foreign
-- key: a session whose connection is gone is of none that an application takes.
ALTER TABLE sessions ADD COLUMN IF NOT EXISTS connection_id uuid;
