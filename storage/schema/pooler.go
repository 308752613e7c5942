package schema

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// whereabouts is what a session says of itself.
type whereabouts struct {
	Cluster   int64  // differs between any two installations of Postgres
	Database  uint32 // within the cluster
	Role      string
	Isolation string // that transactions have unless they say
	Schema    string // of the tables
	Login     string
	Looks     bool // Login may look names up in Schema
}

const whereSession = `SELECT (SELECT system_identifier FROM pg_control_system()), (SELECT oid FROM pg_database WHERE datname = current_database()),
	current_user::text, current_setting('default_transaction_isolation'), current_schema()::text, session_user::text,
	has_schema_privilege(session_user, current_schema(), 'USAGE')`

// CheckPooler looks whether a pooler of transactions can be relied on: it leads to the database that
// system leads to without it, and transactions through it are those of the app role.
func CheckPooler(ctx context.Context, db *pg.DB, system *pg.System) ([]Finding, error) {
	direct, err := pg.SystemOne(ctx, system, pgx.RowToStructByPos[whereabouts], whereSession)
	if err != nil {
		return nil, pg.Wrap("look for the database", err)
	}
	pooled, err := pg.One(tenant.With(ctx, &tenant.Tenant{}), db, pgx.RowToStructByPos[whereabouts], whereSession)
	var said *pgconn.PgError
	if errors.As(err, &said) && said.Code == "42P01" { // what names the tenant, as whoever may look nothing up there
		pooled, err = direct, nil
		pooled.Role, pooled.Isolation, pooled.Looks = pg.AppRole, "read committed", false
	}
	if findings := Explain(err, "PLINTO_DATABASE_URL"); len(findings) > 0 {
		return findings, nil
	}
	switch {
	case err != nil:
		return nil, pg.Wrap("look through the pooler", err)
	case pooled.Cluster != direct.Cluster, pooled.Database != direct.Database:
		return []Finding{{true, "PLINTO_DATABASE_URL and PLINTO_DATABASE_DIRECT_URL lead to different databases", "let both lead to the same, one through the pooler and one past it"}}, nil
	case pooled.Role != pg.AppRole:
		return []Finding{{true, "the role of transactions through the pooler is " + pooled.Role + ", not " + pg.AppRole, "let the pooler hand on what it is sent, unchanged"}}, nil
	case pooled.Isolation != "read committed":
		return []Finding{{
			true, fmt.Sprintf("transactions through the pooler are %s unless they say otherwise, and have to be read committed", pooled.Isolation),
			"ALTER ROLE … SET default_transaction_isolation = 'read committed', and have the pooler connect again",
		}}, nil
	case !pooled.Looks:
		return []Finding{{true, fmt.Sprintf("the role %s may not use the schema %s, where Postgres looks before it is told the role of a transaction", pooled.Login, pooled.Schema), fmt.Sprintf("GRANT USAGE ON SCHEMA %s TO %s", pooled.Schema, pooled.Login)}}, nil
	}
	return nil, nil
}
