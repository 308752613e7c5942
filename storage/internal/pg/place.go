package pg

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"plinto/internal/secret"
	"plinto/tenant"
)

// SchemaName is the schema of a tenant that has one of its own. It is made of the id, which
// never changes, and needs no quotes.
func SchemaName(id tenant.ID) string {
	return "tenant_" + hex.EncodeToString(id[:])
}

// A Place is where the rows of a tenant are: in the tables that tenants share, in those of one
// schema, or in another database. The zero value is the shared tables.
type Place struct {
	schema   string        // "": what the search path of the connection finds
	database secret.String // URL; empty: the one that tenants share
	nowhere  bool          // see absent
	moving   bool          // so that it is nowhere
	damaged  bool          // likewise: see tenant.Unreadable
}

// InSchema is the place of the tables of a schema, as SchemaName names it.
func InSchema(name string) Place { return Place{schema: name} }

// InDatabase is the place of the tables of a database, by the URL of the role that servers log in as.
func InDatabase(url secret.String) Place { return Place{database: url} }

// String names the place for operators.
func (p Place) String() string {
	switch {
	case p.nowhere:
		return "no place"
	case p.schema != "":
		return "schema " + p.schema
	case !p.database.Empty():
		return "database " + databaseName(p.database)
	}
	return "shared tables"
}

// absent is why there are no tables: ErrPlacement, tenant.ErrMoving or tenant.ErrUnreadable.
func (p Place) absent() error {
	switch {
	case p.moving:
		return tenant.ErrMoving
	case p.damaged:
		return tenant.ErrUnreadable
	}
	return ErrPlacement
}

// Shares reports whether the tables of the place are in the database that tenants share.
func (p Place) Shares() bool { return p.database.Empty() && !p.nowhere }

// databaseName is what a URL can be told by without its password.
func databaseName(url secret.String) string {
	config, err := pgconn.ParseConfig(url.Reveal())
	if err != nil {
		return "of an unreadable URL"
	}
	return config.Database + " on " + config.Host
}

// PlaceOf is where the rows of a tenant are. That of an isolation that there is not, or of a database
// that is not known, has no tables: see ErrPlacement. Nor has that of a tenant that cannot be read.
func PlaceOf(t *tenant.Tenant) Place {
	if t.Unreadable != "" {
		return Place{nowhere: true, damaged: true}
	}
	switch t.Placement.Isolation {
	case tenant.Schema:
		return Place{schema: SchemaName(t.ID)}
	case tenant.Database:
		return Place{database: t.Placement.Database, nowhere: t.Placement.Database.Empty()}
	case tenant.Shared, "":
		return Place{}
	case tenant.Moving:
		return Place{nowhere: true, moving: true}
	default:
		return Place{nowhere: true}
	}
}

// Text is a statement with the tables of the place.
//
// Names are qualified, and the search path stays as it is: a statement that was prepared under one
// search path is analyzed and planned again under another.
func (p Place) Text(sql string) string {
	if p.schema == "" {
		return sql
	}
	return statementOf(sql).in(p.schema)
}

// statement is a statement with the tables of the place, and its arguments.
func (p Place) statement(sql string, args []any) (string, []any) {
	if p.schema == "" {
		return sql, args
	}
	if len(args) == 1 {
		if named, ok := args[0].(Named); ok {
			return sql, []any{placedNamed{named, p}}
		}
	}
	return p.Text(sql), args
}

var statements sync.Map // text → split; texts are constants, so there are only so many

func statementOf(sql string) split {
	if known, ok := statements.Load(sql); ok {
		return known.(split)
	}
	known, _ := statements.LoadOrStore(sql, splitStatement(sql))
	return known.(split)
}

// A split is a statement cut before each name that stands for an object of ours.
type split []string

func (s split) in(schema string) string {
	var b strings.Builder
	size := len(s) * (len(schema) + 1)
	for _, part := range s {
		size += len(part)
	}
	b.Grow(size)
	for i, part := range s {
		if i > 0 {
			b.WriteString(schema)
			b.WriteByte('.')
		}
		b.WriteString(part)
	}
	return b.String()
}

// unready turns the error of a statement that does not fit the tables of a schema into ErrUnavailable:
// they are being made, or migrated.
func (p Place) unready(err error) error {
	var said *pgconn.PgError
	if p == (Place{}) || !errors.As(err, &said) || !slices.Contains([]string{"42P01", "42703", "42883", "3F000"}, said.Code) {
		return err
	}
	return unavailable(fmt.Errorf("the %s has not the tables of this version: run plinto migrate: %w", p, err))
}

// A placedTx is a transaction whose statements are of a place.
type placedTx struct {
	pgx.Tx
	place Place
}

func (p Place) tx(tx pgx.Tx) pgx.Tx {
	if p.schema == "" {
		return tx
	}
	return placedTx{tx, p}
}

// Exec implements pgx.Tx.
func (t placedTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	sql, args = t.place.statement(sql, args)
	return t.Tx.Exec(ctx, sql, args...)
}

// Query implements pgx.Tx.
func (t placedTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	sql, args = t.place.statement(sql, args)
	return t.Tx.Query(ctx, sql, args...)
}

// QueryRow implements pgx.Tx.
func (t placedTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	sql, args = t.place.statement(sql, args)
	return t.Tx.QueryRow(ctx, sql, args...)
}

// SendBatch implements pgx.Tx.
func (t placedTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	for _, q := range b.QueuedQueries {
		q.SQL, q.Arguments = t.place.statement(q.SQL, q.Arguments)
	}
	return t.Tx.SendBatch(ctx, b)
}
