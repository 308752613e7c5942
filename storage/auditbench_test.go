package storage_test

import (
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event/audit"
	"plinto/internal/secret"
	"plinto/storage"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// BenchmarkAudit says how fast rows are sealed and verified, and how long one proof takes:
//
//	make microbench BENCH=Audit PACKAGES=./storage
func BenchmarkAudit(b *testing.B) {
	benchRows := 200_000
	if testing.Short() { // as `make bench` has it
		benchRows = 50_000
	}
	root, _ := secret.NewRoot()
	s, owner := storagetest.WithOwner(b, func(c *storage.Config) { c.Root, c.Workers = root, false })
	ctx := storagetest.Tenant(b, s, "acme")
	vault, err := audit.NewVault(root)
	if err != nil {
		b.Fatal(err)
	}
	sealer := &audit.Sealer{Seals: s.AuditSeals, Vault: vault, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	fill := func(n int) {
		if _, err := owner.CopyFrom(ctx, pgx.Identifier{"audit_log"}, []string{
			"tenant_id", "id", "type", "occurred_at", "actor_type", "actor_id", "subject", "outcome", "ip", "agent", "request_id", "data",
		}, pgx.CopyFromSlice(n, func(i int) ([]any, error) {
			user := "user_" + strconv.Itoa(i%1000)
			return []any{
				[16]byte(tenant.Must(ctx).ID), [16]byte(uuid.Must(uuid.NewV7())), "authentication.succeeded", time.Now(), "user", user, user, "success", "192.0.2.1",
				"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", uuid.NewString(),
				map[string]any{"session_id": uuid.NewString(), "amr": []string{"pwd"}, "new_device": false},
			}, nil
		})); err != nil {
			b.Fatal(err)
		}
	}
	fill(benchRows)
	began := time.Now()
	if err := sealer.Seal(ctx, tenant.Must(ctx).ID); err != nil {
		b.Fatal(err)
	}
	sealed := time.Since(began)
	if _, err := owner.Exec(ctx, `VACUUM ANALYZE`); err != nil {
		b.Fatal(err)
	}
	b.Run("seal", func(b *testing.B) {
		for b.Loop() {
			fill(1)
			if err := sealer.Run(ctx); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(benchRows)/sealed.Seconds(), "rows/s")
	})
	b.Run("verify", func(b *testing.B) {
		v := &audit.Verifier{Log: s.AuditLog, Scan: s.AuditLog, Sealer: sealer, Vault: vault, Now: time.Now}
		rows := int64(0)
		for b.Loop() {
			r, err := v.Verify(ctx, "")
			if err != nil {
				b.Fatal(err)
			}
			rows += r.Rows
		}
		b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("prove", func(b *testing.B) {
		p := &audit.Prover{Log: s.AuditLog, Sealer: sealer, Vault: vault}
		var id uuid.UUID
		if err := owner.QueryRow(ctx, `SELECT id FROM audit_leaves WHERE seq = $1`, benchRows/3).Scan(&id); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := p.Row(ctx, id); err != nil {
				b.Fatal(err)
			}
		}
	})
}
