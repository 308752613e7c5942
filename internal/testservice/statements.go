package testservice

import (
	"context"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Statements notes what is sent to Postgres, but the borders of transactions and what names
// the tenant: that travels with another statement. It is a tracer of pgx.
type Statements struct {
	mu       sync.Mutex
	watching int
	sent     []string
	trips    int
}

// During returns the statements that f sends, and how many round trips they took.
func (s *Statements) During(f func()) (sent []string, trips int) {
	s.mu.Lock()
	if s.watching == 0 {
		s.sent, s.trips = nil, 0
	}
	s.watching++
	statements, before := len(s.sent), s.trips
	s.mu.Unlock()
	f()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watching--
	return s.sent[statements:], s.trips - before
}

// Count returns how many statements f sends.
func (s *Statements) Count(f func()) int {
	sent, _ := s.During(f)
	return len(sent)
}

func (s *Statements) note(sql string) {
	for _, free := range []string{"SELECT set_config('plinto.tenant'", "BEGIN", "COMMIT", "ROLLBACK"} {
		if strings.HasPrefix(sql, free) {
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watching > 0 {
		s.sent = append(s.sent, sql)
	}
}

func (s *Statements) trip() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trips++
}

// TraceQueryStart implements pgx.QueryTracer.
func (s *Statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	s.trip()
	s.note(d.SQL)
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (*Statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart implements pgx.BatchTracer.
func (s *Statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	s.trip()
	return ctx
}

// TraceBatchQuery implements pgx.BatchTracer.
func (s *Statements) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	s.note(d.SQL)
}

// TraceBatchEnd implements pgx.BatchTracer.
func (*Statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
