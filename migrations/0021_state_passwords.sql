-- What is known of a password besides its hash: that it has leaked, or that its user has to set
-- another one. Setting one takes it away.

ALTER TABLE users ADD COLUMN password_state text
    CONSTRAINT users_password_state_check CHECK (password_state IN ('breached', 'due'));
