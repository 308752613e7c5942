package schema

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"plinto/storage/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// A Finding is something about the database that is not as it must be, or, with
// Fatal unset, worth knowing.
type Finding struct {
	Fatal  bool
	Cause  string
	Remedy string
}

// Fatal is a Finding that keeps the server from starting.
func Fatal(cause, remedy string) Finding { return Finding{true, cause, remedy} }

// oldestPostgres is the oldest release that is supported.
const oldestPostgres = 15

// checkServer looks whether this is a Postgres that can hold our tables, and does.
func checkServer(ctx context.Context, s *pg.System) ([]Finding, error) {
	conn, err := s.Pool().Acquire(pg.Asking(ctx))
	if err != nil {
		return nil, pg.Wrap("check server", pg.Unavailable(err))
	}
	defer conn.Release()
	if findings := checkVersion(conn.Conn().PgConn()); len(findings) > 0 {
		return findings, nil
	}
	var role, database, path string
	var found bool
	var elsewhere []string
	err = pg.WithTimeout(ctx, func(ctx context.Context) error {
		return conn.QueryRow(ctx, `SELECT current_user, current_database(), current_setting('search_path'), to_regclass('schema_migrations') IS NOT NULL,
			ARRAY(SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = 'schema_migrations' AND relkind = 'r' ORDER BY 1)`).
			Scan(&role, &database, &path, &found, &elsewhere)
	})
	switch {
	case err != nil:
		return nil, pg.Wrap("check server", pg.Unavailable(err))
	case role != pg.PlatformRole:
		return []Finding{{true, "the role of the session is " + role + ", not " + pg.PlatformRole + ": a pooler may have dropped it", "where DATABASE_URL leads to a pooler of transactions, set PLINTO_DATABASE_POOLER=transaction and name Postgres itself in PLINTO_DATABASE_DIRECT_URL"}}, nil
	case !found && len(elsewhere) > 0:
		return []Finding{{true, fmt.Sprintf("the tables are in the schema %s, which is not in the search path (%s)", elsewhere[0], path), "add search_path=" + elsewhere[0] + " to DATABASE_URL"}}, nil
	case !found:
		return []Finding{{true, "the database " + database + " has no tables of Plinto", "run plinto migrate, or correct the name of the database in DATABASE_URL"}}, nil
	}
	return nil, nil
}

// checkVersion reads what the server said of itself when the connection was made.
func checkVersion(conn *pgconn.PgConn) []Finding {
	version, encoding := conn.ParameterStatus("server_version"), conn.ParameterStatus("server_encoding")
	var findings []Finding
	if major, err := strconv.Atoi(leadingDigits(version)); err != nil || major < oldestPostgres {
		findings = append(findings, Finding{true, "the server is Postgres " + version, fmt.Sprintf("use Postgres %d or newer", oldestPostgres)})
	}
	if encoding != "UTF8" {
		findings = append(findings, Finding{
			true, "the database is encoded in " + encoding + ", which cannot hold the names of all people",
			"make another and move there: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0",
		})
	}
	return findings
}

// leadingDigits of "15.18 (Debian …)", "18beta1".
func leadingDigits(s string) string {
	return s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
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

// ours are the schemas with tables of ours: the one of the search path, and those of tenants.
const ours = `
		ours AS (
			SELECT oid, nspname, nspname = current_schema() AS shared FROM pg_namespace
			WHERE nspname = current_schema() OR nspname ~ '^tenant_[0-9a-f]{32}$')`

// ownersAmong are the roles that we work as or could become. What they own is found by its owner: with a thousand schemas
// of tenants the catalogs have half a million rows.
const ownersAmong = `
	WITH ` + ours + `
	SELECT rolname, rolsuper, rolbypassrls, rolcreaterole,
		EXISTS (SELECT FROM pg_shdepend d JOIN pg_class c ON c.oid = d.objid
			WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = pg_roles.oid AND d.deptype = 'o' AND d.classid = 'pg_class'::regclass
			AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relnamespace IN (SELECT oid FROM ours)),
		EXISTS (SELECT FROM ours WHERE has_schema_privilege(pg_roles.oid, ours.oid, 'CREATE'))
	FROM pg_roles WHERE rolname IN (session_user, 'plinto_app', 'plinto_platform')
		-- A superuser could become anybody: saying so once is enough.
		OR pg_has_role(session_user, oid, 'MEMBER') AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = session_user)
	ORDER BY rolname`

// openTables are tables of tenants that row-level security is not forced on. Only those that are open are joined with anything.
const openTables = `
	WITH ` + ours + `, open AS MATERIALIZED (
		SELECT oid, relname, relnamespace FROM pg_class WHERE relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity
			AND oid IN (SELECT polrelid FROM pg_policy WHERE polname = 'tenant')))
	SELECT CASE WHEN ours.shared THEN c.relname ELSE ours.nspname || '.' || c.relname END FROM open c JOIN ours ON ours.oid = c.relnamespace
	WHERE EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)
	ORDER BY 1`

// Check looks whether row-level security can be relied on: no role we work as, or
// could become, may bypass it or own anything, every tenant table must force it, and the schema must
// be this binary's.
func Check(ctx context.Context, s *pg.System) ([]Finding, error) {
	findings, err := checkServer(ctx, s)
	if err != nil || len(findings) > 0 {
		return findings, err // nothing else can be looked at
	}
	roles, err := pg.SystemQuery(ctx, s, pgx.RowToStructByPos[role], ownersAmong)
	if err != nil {
		return nil, pg.Wrap("check roles", err)
	}
	for _, r := range roles {
		findings = append(findings, r.findings()...)
	}
	open, err := pg.SystemQuery(ctx, s, pgx.RowTo[string], openTables)
	if err != nil {
		return nil, pg.Wrap("check tables", err)
	}
	if len(open) > 0 {
		findings = append(findings, Finding{true, "row-level security is not forced on " + strings.Join(open, ", "), "run plinto migrate"})
	}
	schema, err := checkSchema(ctx, s)
	return append(findings, schema...), err
}

// Fit looks at the database of a tenant as Check does, and returns what keeps it from being worked with as
// one error, which says that the tenant is not available.
func Fit(ctx context.Context, s *pg.System) error {
	findings, err := Check(ctx, s)
	if err != nil {
		return err
	}
	if err := Refuse(findings); err != nil {
		return pg.ErrUnavailable.With(err)
	}
	return nil
}

// FitSchema returns what keeps the tables of a tenant in a schema of its own from being worked with: they are not
// there, or lack migrations of this version.
func FitSchema(ctx context.Context, s *pg.System) error {
	done, err := pg.SystemQuery(ctx, s, pgx.RowToStructByPos[appliedMigration], appliedMigrations)
	if err != nil {
		return err
	}
	missing, err := unappliedOf(done)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return pg.ErrUnavailable.With(&unfitError{[]Finding{{true, fmt.Sprintf("it lacks %d migrations, from %s", len(missing), missing[0].name), "run plinto migrate"}}})
	}
	return nil
}

func (r role) findings() []Finding {
	var causes []string
	report := func(is bool, cause string) {
		if is {
			causes = append(causes, cause)
		}
	}
	if report(r.Super, "is a superuser, which row-level security does not bind"); r.Super {
		r = role{Name: r.Name} // the rest follows from it
	}
	report(r.BypassRLS, "has BYPASSRLS, so row-level security does not bind it")
	report(r.MakesRoles, "has CREATEROLE and could make itself a member of the owner")
	report(r.OwnsTables, "owns tables of the schema and could switch row-level security off")
	report(r.MayCreate, "may create objects in the schema")
	if len(causes) == 0 {
		return nil
	}
	return []Finding{{true, "the database role " + r.Name + " " + strings.Join(causes, ", and it "), "give DATABASE_URL a role made by plinto migrate; see docs/operations.md"}}
}

func checkSchema(ctx context.Context, s *pg.System) ([]Finding, error) {
	conn, err := s.Pool().Acquire(ctx)
	if err != nil {
		return nil, pg.Wrap("check schema", pg.Unavailable(err))
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
// and agrees with our clock.
func Ready(ctx context.Context, s *pg.System, clock func() time.Time) error {
	var readOnly bool
	var now time.Time
	err := s.Pool().QueryRow(pg.Asking(ctx), `SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool, clock_timestamp()`).Scan(&readOnly, &now)
	switch {
	case err != nil:
		return pg.Wrap("ask the database", pg.Unavailable(err))
	case readOnly:
		return notReady("the database takes no writes", "name the primary in PLINTO_DATABASE_URL, or end the read-only mode of the database")
	case clock().Sub(now).Abs() > maxSkew:
		return notReady(fmt.Sprintf("the clock of this machine is %v from the database's", clock().Sub(now).Round(time.Millisecond)), "let NTP set both clocks")
	}
	return nil
}

func notReady(cause, remedy string) error {
	return pg.ErrUnavailable.With(&unfitError{[]Finding{{true, cause, remedy}}})
}
