package pg

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"plinto/internal/tracing"
)

// spans is a tracer of pgx that makes a span of each round trip to Postgres, and of each wait for a connection
// that somebody would notice. A span has the text of the statements, which is constant, and never an argument.
type spans struct{}

// withSpans returns a tracer that makes spans beside what another one does; nil: nothing.
func withSpans(other pgx.QueryTracer) pgx.QueryTracer {
	if other == nil {
		return spans{}
	}
	return multitracer.New(other, spans{})
}

// TraceQueryStart implements pgx.QueryTracer.
func (spans) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	ctx, span := tracing.Start(ctx, "postgres", tracing.Client)
	if span.Recording() {
		said := describe(d.SQL)
		span.Rename(said.summary)
		span.Set(ofPostgres, tracing.String("db.query.summary", said.summary), tracing.String("db.query.text", said.text))
	}
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (spans) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryEndData) {
	endSpan(ctx, d.Err)
}

// TraceBatchStart implements pgx.BatchTracer.
func (spans) TraceBatchStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceBatchStartData) context.Context {
	ctx, span := tracing.Start(ctx, "postgres", tracing.Client)
	if !span.Recording() {
		return ctx
	}
	var summaries, texts []string
	for _, q := range d.Batch.QueuedQueries {
		if said := describe(q.SQL); said.summary != "" {
			summaries, texts = append(summaries, said.summary), append(texts, said.text)
		}
	}
	summary := clip(strings.Join(summaries, "; "), maxSummary)
	span.Set(ofPostgres, tracing.String("db.query.summary", summary), tracing.String("db.query.text", clip(strings.Join(texts, "; "), maxStatement)))
	if len(texts) > 1 {
		span.Set(tracing.Int("db.operation.batch.size", len(texts)))
	}
	if summary != "" {
		span.Rename(summary)
	}
	return ctx
}

// TraceBatchQuery implements pgx.BatchTracer.
func (spans) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd implements pgx.BatchTracer.
func (spans) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, d pgx.TraceBatchEndData) {
	endSpan(ctx, d.Err)
}

// noticed is how long a wait for a connection is told at least.
const noticed = time.Millisecond

type acquiringKey struct{}

// TraceAcquireStart implements pgxpool.AcquireTracer.
func (spans) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	if !tracing.Current(ctx).Recording() {
		return ctx
	}
	return context.WithValue(ctx, acquiringKey{}, time.Now())
}

// TraceAcquireEnd implements pgxpool.AcquireTracer.
func (spans) TraceAcquireEnd(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireEndData) {
	if began, ok := ctx.Value(acquiringKey{}).(time.Time); ok && time.Since(began) >= noticed {
		tracing.Past(ctx, "wait for connection", tracing.Internal, began)
	}
}

var ofPostgres = tracing.String("db.system.name", "postgresql")

// endSpan ends the span that a start put into ctx. Of an error it tells the code: its text quotes values.
func endSpan(ctx context.Context, err error) {
	span := tracing.Current(ctx)
	if !span.Recording() {
		return
	}
	var refused *pgconn.PgError
	switch {
	case err == nil, errors.Is(err, pgx.ErrNoRows):
	case errors.As(err, &refused):
		span.Set(tracing.String("db.response.status_code", refused.Code))
		span.Fail(refused.Code)
	case errors.Is(err, context.Canceled):
		span.Fail("canceled")
	case errors.Is(err, context.DeadlineExceeded):
		span.Fail("timeout")
	default:
		span.Fail("unavailable")
	}
	span.End()
}

// What a span says of statements at most, in bytes.
const (
	maxStatement = 2 << 10
	maxSummary   = 255
)

// A described is what spans say of a statement: its verb and table, and its text on one line. The summary of what
// only frames others is "".
type described struct{ summary, text string }

// knownStatements holds what was described. There are a few hundred statements, and as many of each tenant with a
// schema of its own.
var (
	knownStatements sync.Map // string → described
	knownCount      atomic.Int32
)

const mostKnown = 4096

func describe(sql string) described {
	if known, ok := knownStatements.Load(sql); ok {
		return known.(described)
	}
	words := strings.Fields(sql)
	said := described{summary: summaryOf(words), text: clip(strings.Join(words, " "), maxStatement)}
	if knownCount.Load() < mostKnown {
		knownCount.Add(1)
		knownStatements.Store(sql, said)
	}
	return said
}

// frames are what travels with the statements of a transaction.
var frames = map[string]bool{"BEGIN": true, "COMMIT": true, "ROLLBACK": true, "SET": true}

// summaryOf names the statement that changes something, or else the first that reads, with its table.
func summaryOf(words []string) string {
	if len(words) == 0 || frames[strings.ToUpper(words[0])] || len(words) > 1 && strings.HasPrefix(words[1], "set_config(") {
		return ""
	}
	verb, table, before := strings.ToUpper(words[0]), "", ""
	for i, word := range words[:len(words)-1] {
		word, next := strings.TrimLeft(word, "("), words[i+1]
		locks := before == "FOR" || before == "KEY" || before == "DO" // FOR UPDATE, FOR NO KEY UPDATE, ON CONFLICT DO UPDATE
		switch {
		case word == "INTO":
			return summary("INSERT", next)
		case word == "UPDATE" && !locks:
			return summary("UPDATE", next)
		case word == "DELETE" && next == "FROM" && i+2 < len(words):
			return summary("DELETE", words[i+2])
		case word == "FROM" && table == "":
			table = tableOf(next)
		}
		before = word
	}
	if verb == "WITH" {
		verb = "SELECT"
	}
	return strings.TrimSpace(verb + " " + table)
}

func summary(verb, word string) string { return verb + " " + tableOf(word) }

// tableOf returns the name of a table where a word is one, without the schema of a tenant: there may be many.
func tableOf(word string) string {
	word = strings.TrimRight(word, ",;()")
	if strings.ContainsAny(word, "($'@:") {
		return ""
	}
	return strings.Trim(word[strings.LastIndexByte(word, '.')+1:], `"`)
}

func clip(text string, most int) string {
	if len(text) > most {
		return text[:most]
	}
	return text
}
