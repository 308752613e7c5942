package storage_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/event/audit"
	"plinto/internal/testworld"
)

// KEY-14: a row of the audit log whose personal detail cannot be read is shown without it, and says so; the rows beside it are shown
// with theirs, before they are sealed and afterwards.
func TestAuditLog_showsRowsBesideOneThatCannotBeRead_KEY_14(t *testing.T) {
	t.Parallel()
	d := newDamaged(t)
	ctx, of := testworld.In(d.well), uuid.UUID(d.well.ID)
	var subjects []string
	for range 2 {
		user := testworld.User()
		must(t, d.Users.Create(ctx, user, ""))
		subjects = append(subjects, user.PublicID())
		must(t, d.DB.InTx(ctx, func(ctx context.Context) error {
			return d.Outbox.Append(ctx, event.Event{Fact: event.UserCreated{}, Outcome: "success", Actor: event.Actor{Type: "operator"}, Subject: user.PublicID(), IP: "192.0.2.1"})
		}))
	}
	vault, err := audit.NewVault(d.cfg.Root)
	must(t, err)
	reader := &audit.Reader{Log: d.AuditLog, Rows: d.AuditLog, Vault: vault, Outbox: d.Outbox, Tx: d.DB}
	reads := func(what string, bad string) {
		t.Helper()
		rows, err := reader.List(ctx, audit.Filter{Types: []string{"user.created"}, Limit: 10})
		if err != nil || len(rows) != 2 {
			t.Fatalf("%s: %+v, %v", what, rows, err)
		}
		for i := range rows {
			unread := rows[i].Subject == bad
			if (rows[i].Unreadable == "detail") != unread || (rows[i].IP == "192.0.2.1") == unread {
				t.Errorf("%s: of %s unreadable: %q, IP %q", what, rows[i].Subject, rows[i].Unreadable, rows[i].IP)
			}
		}
	}
	reads("as they are", "")
	d.exec(`UPDATE audit_pending p SET detail = '"damaged"' FROM audit_log a WHERE a.id = p.id AND a.tenant_id = p.tenant_id AND a.tenant_id = $1 AND a.subject = $2`, of, subjects[0])
	reads("one is damaged before it is sealed", subjects[0])
	upkeep, err := d.Upkeep(d.cfg)
	must(t, err)
	for _, u := range upkeep {
		if u.Name == "audit_seal" {
			must(t, u.Run(t.Context()))
		}
	}
	reads("they are sealed", subjects[0])
	d.exec(`UPDATE audit_details l SET sealed = decode(md5(random()::text), 'hex') FROM audit_log a WHERE a.id = l.id AND a.tenant_id = l.tenant_id AND a.tenant_id = $1 AND a.subject = $2`, of, subjects[0])
	reads("one is damaged afterwards", subjects[0])
}
