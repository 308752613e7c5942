package storage

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/event/audit"
	"plinto/internal/secret"
	"plinto/storage/internal/pg"
)

// An auditor seals and reads the audit log of a world.
type auditor struct {
	*world
	log      *AuditLog
	sealer   *audit.Sealer
	verifier *audit.Verifier
	prover   *audit.Prover
	reader   *audit.Reader
	feed     *audit.Feed
	logged   *lockedBuffer
	clock    time.Time // zero: the real one
}

// unheard takes events and keeps none: tests of what the log holds read it, too.
type unheard struct{}

func (unheard) Append(context.Context, ...event.Event) error { return nil }

func newAuditor(t *testing.T) *auditor {
	t.Helper()
	return auditorOf(newWorldWith(t, nil))
}

func auditorOf(w *world) *auditor {
	w.t.Helper()
	a := &auditor{world: w, logged: &lockedBuffer{}}
	root, _ := secret.NewRoot()
	vault, err := audit.NewVault(root)
	must(w.t, err)
	a.log = &AuditLog{a.db}
	a.sealer = &audit.Sealer{Seals: newAuditSeals(pg.NewSystem(a.platform), newTenants(pg.NewSystem(a.platform), nil, copyOptions{heard: always})), Vault: vault, Now: a.time, Log: slog.New(slog.NewTextHandler(a.logged, nil))}
	a.verifier = &audit.Verifier{Log: a.log, Scan: a.log, Sealer: a.sealer, Vault: vault, Now: a.time}
	a.prover = &audit.Prover{Log: a.log, Sealer: a.sealer, Vault: vault}
	a.reader = &audit.Reader{Log: a.log, Rows: a.log, Vault: vault, Outbox: unheard{}, Tx: a.db}
	a.feed = &audit.Feed{Reader: a.reader, Sealer: a.sealer}
	return a
}

func (a *auditor) time() time.Time {
	if a.clock.IsZero() {
		return time.Now()
	}
	return a.clock
}

// happen appends n events of a tenant, each in a transaction of its own, with the detail of
// a visitor.
func (a *auditor) happen(ctx context.Context, n int, subject string) (ids []uuid.UUID) {
	a.t.Helper()
	ctx = event.WithOrigin(ctx, func() event.Origin {
		return event.Origin{IP: "192.0.2.1", UserAgent: "agent " + subject, RequestID: "req"}
	})
	for range n {
		e := event.Event{ID: uuid.Must(uuid.NewV7()), Fact: event.UserUpdated{Fields: []string{"name"}}, Outcome: "success", Actor: event.Actor{Type: "user", ID: subject}, Subject: subject}
		a.append(ctx, e)
		ids = append(ids, e.ID)
	}
	return ids
}

// fits verifies the log of a tenant.
func (a *auditor) fits(ctx context.Context) audit.Report {
	a.t.Helper()
	report, err := a.verifier.Verify(ctx, "")
	if err != nil {
		a.t.Errorf("verify: %v", err)
	}
	return report
}

func TestSealer_sealsEveryRowOnce(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	a.happen(a.ctx(), 300, "user_1") // more than a tile
	a.happen(a.other(), 3, "user_2")
	must(t, a.sealer.Run(t.Context()))
	if n := a.count(`SELECT count(*) FROM audit_pending`); n != 0 {
		t.Errorf("%d rows still wait", n)
	}
	if n := a.count(`SELECT count(*) FROM audit_leaves`); n != 303 {
		t.Errorf("%d leaves, want 303", n)
	}
	if r := a.fits(a.ctx()); r.Rows != 300 || r.Size != 300 || r.Heads != 1 || r.First != 0 {
		t.Errorf("got %+v, want 300 rows under one head", r)
	}
	if r := a.fits(a.other()); r.Rows != 3 {
		t.Errorf("got %+v, want 3 rows", r)
	}
	if !bytes.Contains([]byte(a.logged.String()), []byte("plinto.audit/"+a.tenants[0].ID.String())) {
		t.Errorf("no head was logged: %s", a.logged.String())
	}
	for range 3 {
		a.happen(a.ctx(), 1, "user_1")
		must(t, a.sealer.Seal(t.Context(), a.tenants[0].ID))
	}
	if r := a.fits(a.ctx()); r.Rows != 303 || r.Heads != 4 {
		t.Errorf("got %+v, want 303 rows under four heads", r)
	}
}

func TestVerify_ofAnEmptyLogFits(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	if r := a.fits(a.ctx()); r.Size != 0 || r.Rows != 0 {
		t.Errorf("got %+v", r)
	}
}
