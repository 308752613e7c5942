package pg

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Named are pgx.StrictNamedArgs of statements that are sent again and again: pgx
// reads the whole text for each of them, this reads it once. Texts are constants of
// this package, so there are only so many.
type Named map[string]any

// A positional statement has $1, $2 … for names.
type positional struct {
	sql      string
	names    []string // of $1, $2 …
	distinct int
}

var positionals sync.Map // text → *positional

// A placedNamed is Named of a statement with the tables of a place. It is read as the constant that it is, and gets the names of the place
// afterwards: with a text for each tenant, what is kept would grow with them.
type placedNamed struct {
	Named
	place Place
}

// RewriteQuery implements pgx.QueryRewriter.
func (n placedNamed) RewriteQuery(ctx context.Context, conn *pgx.Conn, sql string, args []any) (string, []any, error) {
	sql, values, err := n.Named.RewriteQuery(ctx, conn, sql, args)
	if err != nil {
		return "", nil, err
	}
	return n.place.Text(sql), values, nil
}

// RewriteQuery implements pgx.QueryRewriter.
func (n Named) RewriteQuery(ctx context.Context, conn *pgx.Conn, sql string, _ []any) (string, []any, error) {
	known, ok := positionals.Load(sql)
	if !ok {
		p, err := n.read(ctx, conn, sql)
		if err != nil {
			return "", nil, err
		}
		known, _ = positionals.LoadOrStore(sql, p)
	}
	p := known.(*positional)
	if len(n) != p.distinct {
		return "", nil, fmt.Errorf("statement wants %d named arguments, got %d", p.distinct, len(n))
	}
	values := make([]any, len(p.names))
	for i, name := range p.names {
		value, ok := n[name]
		if !ok {
			return "", nil, fmt.Errorf("statement wants argument %q", name)
		}
		values[i] = value
	}
	return p.sql, values, nil
}

// read lets pgx put each argument's name where its value would go.
func (n Named) read(ctx context.Context, conn *pgx.Conn, sql string) (*positional, error) {
	names := make(pgx.StrictNamedArgs, len(n))
	for name := range n {
		names[name] = name
	}
	rewritten, ordered, err := names.RewriteQuery(ctx, conn, sql, nil)
	if err != nil {
		return nil, err
	}
	p := &positional{sql: rewritten, names: make([]string, len(ordered)), distinct: len(names)}
	for i, name := range ordered {
		p.names[i] = name.(string)
	}
	return p, nil
}
