package logs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/uuid"
	sdk "go.opentelemetry.io/otel/sdk/trace"

	"plinto/internal/tracing"
)

// line returns what log wrote as one line.
func line(t *testing.T, wrap func(slog.Handler) slog.Handler, log func(*slog.Logger)) map[string]any {
	t.Helper()
	var out bytes.Buffer
	log(slog.New(wrap(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	var fields map[string]any
	if err := json.Unmarshal(out.Bytes(), &fields); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	return fields
}

func TestInContext_saysWhatALineBelongsTo(t *testing.T) {
	t.Parallel()
	scope := &Scope{}
	tracer := tracing.New(sdk.NewTracerProvider(), tracing.Options{})
	ctx, span := tracer.Request(With(t.Context(), scope), nil, nil)
	defer span.End()
	Note(ctx, RequestID, "r1")
	Note(ctx, Tenant, "main")
	Note(ctx, ClientID, "proved")
	NoteID(ctx, UserID, "user", uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8057"))
	got := line(t, InContext, func(l *slog.Logger) { l.With("a", 1).InfoContext(ctx, "hello", "client_id", "claimed") })
	traceID, spanID := tracing.IDs(ctx)
	for name, want := range map[string]any{
		"msg": "hello", "request_id": "r1", "tenant": "main", "client_id": "claimed", "user_id": "user_01h45ytscpexwbskvk0p53p05q", "trace_id": traceID, "span_id": spanID, "a": 1.0,
	} {
		if name == "user_id" {
			want = scope.Known(UserID)
		}
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if got := line(t, InContext, func(l *slog.Logger) { l.Info("alone") }); len(got) != 3 {
		t.Errorf("a line of nobody: %v", got)
	}
	Note(t.Context(), Tenant, "nowhere") // is no error
}

// LEAK-04: what others answer is quoted in errors, and may name anything.
func TestRedact_takesSecretsOutOfLines_LEAK_04(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"550 5.1.1 <alice@example.com>: user unknown":                        "550 5.1.1 <[address]>: user unknown",
		"to o'hara+x@mail.example.org, jörg@bücher.example":                  "to [address], [address]",
		"token plat_0123456789abcdefghijABCDEF was refused":                  "token [redacted] was refused",
		"code=plac_0123456789abcdefghijABCDEF&state=x":                       "code=[redacted]&state=x",
		"key plk_0123456789abcdefghijABCDEF":                                 "key [redacted]",
		"secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw+/=":                   "secret [redacted]",
		"state%3Dx%26code%3Dplac_0123456789abcdefghijABCDEF":                 "state%3Dx%26code[redacted]",
		"key PRIVATE+KEY+id.example/t+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7h": "key [redacted]",
		"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIA==\n-----END":             "[redacted]-----END",
		"jwt eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl end":          "jwt [redacted] end",
		"Authorization: Bearer abcdefgh12345678":                             "Authorization: Bearer [redacted]",
		"authorization: basic YWxpY2U6c2VjcmV0":                              "authorization: basic [redacted]",
		"dial postgres://plinto:hunter2@db:5432/x":                           "dial postgres://[redacted]@db:5432/x",
		"github.com/jackc/pgx/v5@v5.12.0/conn.go:12 plinto/storage.(*DB).In": "github.com/jackc/pgx/v5@v5.12.0/conn.go:12 plinto/storage.(*DB).In",
		"user_01h45ytscpexwbskvk0p53p05q of client_01h45ytscpexwbskvk0p5":    "user_01h45ytscpexwbskvk0p53p05q of client_01h45ytscpexwbskvk0p5",
		"the basic way, applied plainly":                                     "the basic way, applied plainly",
	} {
		if got := Clean(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	const secret = "plrt_0123456789abcdefghijABCDEF"
	for name, log := range map[string]func(*slog.Logger){
		"message":   func(l *slog.Logger) { l.Info("got " + secret) },
		"text":      func(l *slog.Logger) { l.Info("m", "a", secret) },
		"error":     func(l *slog.Logger) { l.Info("m", "a", errors.New(secret)) },
		"structure": func(l *slog.Logger) { l.Info("m", "a", struct{ B string }{secret}) },
		"list":      func(l *slog.Logger) { l.Info("m", "a", []string{"x", secret}) },
		"group":     func(l *slog.Logger) { l.Info("m", slog.Group("g", "a", slog.GroupValue(slog.String("b", secret)))) },
		"bound":     func(l *slog.Logger) { l.With("a", secret).WithGroup("g").Info("m", "b", 1) },
		"valuer":    func(l *slog.Logger) { l.Info("m", "a", valuer{}) },
	} {
		var out bytes.Buffer
		log(slog.New(Redact(slog.NewJSONHandler(&out, nil))))
		if strings.Contains(out.String(), secret) || !strings.Contains(out.String(), redacted) {
			t.Errorf("%s: %s", name, out.String())
		}
	}
	got := line(t, Redact, func(l *slog.Logger) { l.Info("m", "list", []int{1}, "none", nil, "n", 1) })
	if _, ok := got["list"].([]any); !ok || got["none"] != nil || got["n"] != 1.0 {
		t.Errorf("what is no secret became %v", got)
	}
}

type valuer struct{}

// LogValue implements slog.LogValuer.
func (valuer) LogValue() slog.Value { return slog.StringValue("plrt_0123456789abcdefghijABCDEF") }

func TestNote_takesNoMemory(t *testing.T) {
	ctx, id := With(t.Context(), &Scope{}), uuid.New()
	if n := testing.AllocsPerRun(100, func() { Note(ctx, Tenant, "main"); NoteID(ctx, UserID, "user", id) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkHandler(b *testing.B) {
	out := slog.NewJSONHandler(discard{}, nil)
	for name, h := range map[string]slog.Handler{"bare": out, "in context": InContext(out), "redacted": InContext(Redact(out))} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			log, scope := slog.New(h), &Scope{}
			scope.Note(RequestID, "0123456789abcdef01234567")
			scope.Note(Tenant, "main")
			ctx := With(context.Background(), scope)
			for b.Loop() {
				log.LogAttrs(ctx, slog.LevelInfo, "request", slog.String("method", "POST"), slog.String("route", "/oauth2/token"), slog.Int("status", 200))
			}
		})
	}
}

type discard struct{}

// Write implements io.Writer.
func (discard) Write(p []byte) (int, error) { return len(p), nil }
