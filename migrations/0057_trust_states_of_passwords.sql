-- migrate: without a transaction
-- It reads all users, and keeps nobody from writing.
ALTER TABLE users VALIDATE CONSTRAINT users_password_state_check;
