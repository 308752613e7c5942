-- When a password was last set by a code of a mail. Who reads a user's mail can do that, so for a time
-- such a password alone lets nobody make the passkey that an organization demands.

ALTER TABLE users ADD COLUMN reset_at timestamptz;
