package storage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Finding is something about the database that is not as it must be, or, with
// Fatal unset, worth knowing.
type Finding struct {
	Fatal  bool
	Cause  string
	Remedy string
}

// role is what the catalog says of a role that we work as or could become.
type role struct {
	Name       string
	Super      bool
	BypassRLS  bool
	MakesRoles bool
	OwnsTables bool
	MayCreate  bool
}

// Check looks whether row-level security can be relied on: no role we work as, or
// could become, may bypass it or own anything, every tenant table must force it, and the schema must
// be this binary's.
func (s *Store) Check(ctx context.Context) ([]Finding, error) {
	var findings []Finding
	roles, err := systemQuery(ctx, s.system, pgx.RowToStructByPos[role], `
		SELECT rolname, rolsuper, rolbypassrls, rolcreaterole,
			EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid AND relkind IN ('r', 'p', 'v', 'm') AND relnamespace = current_schema()::regnamespace),
			has_schema_privilege(oid, current_schema(), 'CREATE')
		FROM pg_roles WHERE rolname IN (session_user, 'plinto_app', 'plinto_platform')
			-- A superuser could become anybody: saying so once is enough.
			OR pg_has_role(session_user, oid, 'MEMBER') AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = session_user)
		ORDER BY rolname`)
	if err != nil {
		return nil, wrap("check roles", err)
	}
	for _, r := range roles {
		findings = append(findings, r.findings()...)
	}
	open, err := systemQuery(ctx, s.system, pgx.RowTo[string], `
		SELECT c.relname FROM pg_class c
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
			AND NOT (c.relrowsecurity AND c.relforcerowsecurity
				AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant'))
		ORDER BY 1`)
	if err != nil {
		return nil, wrap("check tables", err)
	}
	if len(open) > 0 {
		findings = append(findings, Finding{true, "row-level security is not forced on " + strings.Join(open, ", "), "run plinto migrate"})
	}
	schema, err := s.checkSchema(ctx)
	return append(findings, schema...), err
}

func (r role) findings() []Finding {
	var all []Finding
	report := func(is bool, cause string) {
		if is {
			all = append(all, Finding{true, "the database role " + r.Name + " " + cause, "give DATABASE_URL a role made by plinto migrate; see docs/operations.md"})
		}
	}
	report(r.Super, "is a superuser, which row-level security does not bind")
	report(r.BypassRLS, "has BYPASSRLS, so row-level security does not bind it")
	report(r.MakesRoles, "has CREATEROLE and could make itself a member of the owner")
	report(r.OwnsTables, "owns tables of the schema and could switch row-level security off")
	report(r.MayCreate, "may create objects in the schema")
	return all
}

func (s *Store) checkSchema(ctx context.Context) ([]Finding, error) {
	conn, err := s.system.pool.Acquire(ctx)
	if err != nil {
		return nil, wrap("check schema", unavailable(err))
	}
	defer conn.Release()
	pending, err := pendingNames(ctx, conn.Conn())
	if err != nil {
		return []Finding{{true, err.Error(), "run plinto migrate with this version, or start the version that fits the database"}}, nil
	}
	if len(pending) > 0 {
		return []Finding{{true, fmt.Sprintf("the database lacks %d migrations, from %s", len(pending), pending[0]), "run plinto migrate"}}, nil
	}
	return nil, nil
}

// maxSkew is how far our clock may be from the database's.
const maxSkew = 5 * time.Second

// Ready reports whether requests can be served: Postgres answers, takes writes,
// and agrees about the time.
func (s *Store) Ready(ctx context.Context) error {
	var readOnly bool
	var now time.Time
	err := s.system.pool.QueryRow(ctx, `SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool, clock_timestamp()`).Scan(&readOnly, &now)
	switch {
	case err != nil:
		return wrap("ask the database", unavailable(err))
	case readOnly:
		return ErrUnavailable.With(fmt.Errorf("the database takes no writes"))
	case s.now().Sub(now).Abs() > maxSkew:
		return ErrUnavailable.With(fmt.Errorf("the clock is %v from the database's", s.now().Sub(now)))
	}
	return nil
}
