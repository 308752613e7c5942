package schema

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A wrongRoleError is a role that must not be the server's, although granting it the server's roles would let it in.
type wrongRoleError struct {
	role  string
	is    string // why it must not
	cause error
}

// Error implements error.
func (e *wrongRoleError) Error() string { return "the role " + e.role + " " + e.is }

// Unwrap returns what the driver said.
func (e *wrongRoleError) Unwrap() error { return e.cause }

func (e *wrongRoleError) finding(setting string) Finding {
	return Finding{
		true, "the role " + e.role + " of " + setting + " " + e.is + ", and a server must not log in as such a role",
		"name another role in " + setting + ", and this one in PLINTO_MIGRATE_DATABASE_URL; plinto migrate makes the other role",
	}
}

// roleWait bounds AskRole.
const roleWait = 3 * time.Second

// privileges of the role that asks: whether it may make roles, and whether it owns tables of ours.
const privileges = `
	SELECT rolsuper OR rolcreaterole, EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relname = 'schema_migrations' AND c.relkind = 'r')
	FROM pg_roles r WHERE r.rolname = session_user`

// AskRole returns an error of connecting as a server does. Where Postgres lets the role log in and not become one of
// the server's, it asks what the role is: a GRANT would let the owner of the tables in, only for Check to refuse it.
func AskRole(ctx context.Context, err error) error {
	var connect *pgconn.ConnectError
	var said *pgconn.PgError
	if !errors.As(err, &connect) || !errors.As(err, &said) || said.Code != "42501" || said.Routine == "CheckMyDatabase" || connect.Config.RuntimeParams["role"] == "" {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, roleWait)
	defer cancel()
	config := connect.Config.Copy()
	delete(config.RuntimeParams, "role")
	conn, failed := pgconn.ConnectConfig(ctx, config)
	if failed != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	results, failed := conn.Exec(ctx, privileges).ReadAll()
	if failed != nil || len(results) != 1 || len(results[0].Rows) != 1 {
		return err
	}
	row := results[0].Rows[0]
	switch {
	case string(row[1]) == "t":
		return &wrongRoleError{config.User, "owns the tables", err}
	case string(row[0]) == "t":
		return &wrongRoleError{config.User, "may make roles", err}
	}
	return err
}

// LacksRight returns what Postgres refused an open connection for want of a right, nil when it was something else.
func LacksRight(err error) error {
	var connect *pgconn.ConnectError
	var said *pgconn.PgError
	if errors.As(err, &connect) || !errors.As(err, &said) || said.Code != "42501" {
		return nil
	}
	return said
}
