package schema

import (
	"context"
	"errors"
	"fmt"

	"plinto/storage/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// grantSchema lets both roles find the tables where they are in a schema of their own.
const grantSchema = `
DO $$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO plinto_app, plinto_platform', current_schema());
END $$;`

// grantNames lets everybody look names up in the schema of a tenant, as in that of the shared tables:
// behind a pooler Postgres reads a statement before the transaction that says the role. What the names
// stand for is the roles' alone.
const grantNames = `
DO $$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO PUBLIC', current_schema());
END $$;`

// grantQueue lets the app role put jobs into the queue and the platform role work
// them off.
const grantQueue = `
DO $$
DECLARE t text;
BEGIN
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename LIKE 'river%' LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO plinto_platform', t);
    END LOOP;
    FOR t IN SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema() AND sequencename LIKE 'river%' LOOP
        EXECUTE format('GRANT USAGE ON SEQUENCE %I TO plinto_app, plinto_platform', t);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE ON river_job TO plinto_app;`

// tellQueue has every job that can be worked now announced to the workers, which look for
// others seldom. The queue announces by itself at most one insert in a tenth of a second
// of a process, and a job that was committed just after the workers looked would wait.
const tellQueue = `
CREATE OR REPLACE FUNCTION tell_queue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify(current_schema() || '.river_insert', json_build_object('queue', a.queue)::text)
    FROM (SELECT DISTINCT queue FROM added WHERE state = 'available') a;
    RETURN NULL;
END $$;
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'tell_queue' AND tgrelid = 'river_job'::regclass) THEN
        CREATE TRIGGER tell_queue AFTER INSERT ON river_job REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tell_queue();
    END IF;
END $$;`

// ensureRoles makes the two roles. They belong to the whole cluster, so another
// installation in it may have made them, or may be making them right now.
func ensureRoles(ctx context.Context, conn *pgx.Conn) error {
	for _, role := range []string{pg.AppRole, pg.PlatformRole} {
		_, err := conn.Exec(ctx, `CREATE ROLE `+role+` NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS`)
		if err != nil && !alreadyThere(err) {
			return fmt.Errorf("create role %s (the owner URL's role needs CREATEROLE): %w", role, err)
		}
	}
	return nil
}

// alreadyThere is true of duplicate_object, and of the unique_violation that two
// creators of one role meet in the catalog.
func alreadyThere(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "42710" || pg.Code == "23505")
}

// ensureLogin makes the role of the server's URL and gives it the two roles.
func ensureLogin(ctx context.Context, conn *pgx.Conn, login *LoginRole) error {
	if login == nil || login.Name == "" {
		return nil
	}
	var exists, owner bool
	err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1), $1 = current_user`, login.Name).Scan(&exists, &owner)
	if err != nil {
		return fmt.Errorf("look for role %s: %w", login.Name, err)
	}
	if owner {
		return fmt.Errorf("the server must not log in as %s, the role that owns the schema: give DATABASE_URL a role of its own", login.Name)
	}
	name := pgx.Identifier{login.Name}.Sanitize()
	if !exists {
		password := ""
		if !login.Password.Empty() {
			verifier, err := scramVerifier(login.Password.Reveal())
			if err != nil {
				return err
			}
			password = ` PASSWORD '` + verifier + `'`
		}
		_, err := conn.Exec(ctx, `CREATE ROLE `+name+` LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOBYPASSRLS`+password)
		if err != nil && !alreadyThere(err) {
			return fmt.Errorf("create role %s: %w", login.Name, err)
		}
	}
	if _, err := conn.Exec(ctx, `GRANT `+pg.AppRole+`, `+pg.PlatformRole+` TO `+name); err != nil && !alreadyThere(err) {
		return fmt.Errorf("grant roles to %s: %w", login.Name, err)
	}
	return nil
}
