-- What organizations ask of their members holds when they sign in.

-- The longest time that a session was not used since its user proved who they are.
ALTER TABLE sessions ADD COLUMN gap interval NOT NULL DEFAULT '0';
