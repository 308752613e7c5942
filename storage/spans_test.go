package storage

import (
	"strings"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"plinto/internal/tracing"
	"plinto/storage/internal/pg"
)

// LEAK-08: Postgres quotes what it was sent in its errors; a span has the code.
func TestSpans_ofStatementsThatFailQuoteNothing_LEAK_08(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	spans := tracetest.NewInMemoryExporter()
	db, err := pg.OpenApp(t.Context(), pg.Options{URL: w.app.Config().ConnString(), MaxConns: 2, Spans: true})
	must(t, err)
	t.Cleanup(db.Close)
	ctx, request := tracing.New(sdk.NewTracerProvider(sdk.WithSyncer(spans)), tracing.Options{}).Request(w.ctx(), nil, nil)
	_, err = pg.Exec(ctx, db, `SELECT id FROM users WHERE id = ($1::text)::uuid`, "alice@example.com")
	if err == nil || !strings.Contains(err.Error(), "alice") {
		t.Fatalf("control: the error quotes nothing: %v", err)
	}
	request.End()
	failed := false
	for _, s := range spans.GetSpans() {
		for _, a := range s.Attributes {
			failed = failed || a.Key == "error.type" && a.Value.AsString() == "22P02"
			if strings.Contains(a.Value.String(), "alice") {
				t.Errorf("%s: %s is %s", s.Name, a.Key, a.Value.String())
			}
		}
		if s.Status.Description != "" || len(s.Events) != 0 {
			t.Errorf("%s: %q, %v", s.Name, s.Status.Description, s.Events)
		}
	}
	if !failed {
		t.Errorf("no span says that a statement failed: %v", spans.GetSpans())
	}
}
