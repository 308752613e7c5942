package storage

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/testworld"
	"plinto/organization/apikey"
	"plinto/provider"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

const day = 24 * time.Hour

func (w *world) reminding() *reminding {
	system, clients := pg.NewSystem(w.platform), newClients(w.db, copyOptions{heard: never})
	return &reminding{
		system, newTenants(system, nil, copyOptions{heard: always}),
		&apikey.Service{Store: &APIKeys{w.db}, Outbox: w.outbox, Tx: w.db, Now: time.Now},
		&provider.SecretReminders{Secrets: clients, Clients: clients, Outbox: w.outbox, Tx: w.db},
	}
}

// An apiKey is one that lives so long, of which so much is left, and that was last used so long ago.
type apiKey struct{ life, left, used time.Duration }

const unused = time.Duration(-1)

// key stores a key of a tenant, or of a user of it.
func (w *world) key(of *tenant.Tenant, user *uuid.UUID, k apiKey) uuid.UUID {
	w.t.Helper()
	id, at := testworld.ID(), time.Now()
	var used *time.Time
	if k.used != unused {
		used = new(at.Add(-k.used))
	}
	w.sql(`INSERT INTO api_keys (tenant_id, id, user_id, mark, name, hint, hash, permissions, created_at, expires_at, used_at)
		VALUES ($1, $2, $3, (SELECT not_before FROM users WHERE tenant_id = $1 AND id = $3), 'ci', 'plk_', $4, '{users:read}', $5, $6, $7)`,
		of.ID.String(), id, user, random(), at.Add(k.left-k.life), at.Add(k.left), used)
	return id
}

// told counts how often it was told that a credential ends.
func (w *world) toldEnd(of event.Fact, subject string) int {
	w.t.Helper()
	return w.count(`SELECT count(*) FROM audit_log WHERE type = $1 AND subject = $2 AND actor_type = 'system'`, string(of.Type()), subject)
}

// MPR-08: of a key that is used it is told once before it ends, however often and by how many processes that is found.
func TestReminders_ofAKeyComeOnce_MPR_08(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner, gone := w.user(), w.user()
	for what, c := range map[string]struct {
		of   *tenant.Tenant
		user *uuid.UUID
		apiKey
		want int
	}{
		"two weeks before":             {w.tenants[0], nil, apiKey{90 * day, 14*day - time.Hour, day}, 1},
		"of a user":                    {w.tenants[0], &owner.ID, apiKey{90 * day, 10 * day, 20 * day}, 1},
		"of another tenant":            {w.tenants[1], nil, apiKey{365 * day, time.Hour, 40 * day}, 1},
		"of a week, in its last third": {w.tenants[0], nil, apiKey{7 * day, 2 * day, day}, 1},
		"earlier":                      {w.tenants[0], nil, apiKey{90 * day, 15 * day, day}, 0},
		"of a week, earlier":           {w.tenants[0], nil, apiKey{7 * day, 3 * day, day}, 0},
		"of some hours":                {w.tenants[0], nil, apiKey{20 * time.Hour, time.Hour, time.Hour}, 0},
		"never used":                   {w.tenants[0], nil, apiKey{90 * day, 10 * day, unused}, 0},
		"used long ago":                {w.tenants[0], nil, apiKey{90 * day, 10 * day, 31 * day}, 0},
		"over":                         {w.tenants[0], nil, apiKey{90 * day, -time.Hour, day}, 0},
		"of a user who was thrown out": {w.tenants[0], &gone.ID, apiKey{90 * day, 10 * day, day}, 0},
	} {
		id := w.key(c.of, c.user, c.apiKey)
		if c.user == &gone.ID {
			w.mark(gone)
		}
		for range 2 {
			must(t, w.reminding().run(t.Context()))
		}
		if c.want > 0 { // others have found it just before
			ctx := tenant.With(t.Context(), c.of)
			must(t, errors.Join(parallel(8, func(int) error { return w.reminding().keys.Remind(ctx, id) })...))
		}
		subject := (&apikey.Key{ID: id}).PublicID()
		if got := w.toldEnd(event.APIKeyExpiring{}, subject); got != c.want {
			t.Errorf("%s: told %d times, want %d", what, got, c.want)
		}
		if c.user == &owner.ID && w.count(`SELECT count(*) FROM audit_log WHERE subject = $1 AND data ->> 'user' = $2`, subject, owner.PublicID()) != 1 {
			t.Errorf("%s: it is not said whose it is", what)
		}
	}
}

// A client that still uses the secret before is told of once; one that knows the next one, or is disabled, is not.
func TestReminders_ofASecretComeWhileItIsUsed_MPR_08(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, reminders := w.registrar(), w.reminding()
	for what, c := range map[string]struct {
		left, used time.Duration // of the week that it is good for
		change     string
		want       int
	}{
		"used":             {left: 2 * day, used: time.Hour, want: 1},
		"used, earlier":    {left: 3 * day, used: time.Hour},
		"not used":         {left: 2 * day, used: unused},
		"used at first":    {left: day, used: 5 * day},
		"of one disabled":  {left: 2 * day, used: time.Hour, change: `UPDATE clients SET disabled_at = now() WHERE id = $1`},
		"that was revoked": {left: 2 * day, used: time.Hour, change: `UPDATE client_secrets SET expires_at = now() WHERE client_id = $1`},
	} {
		id, plain, _ := w.registered()
		before := w.current(id)
		_, err := r.RotateSecret(w.ctx(), id, false)
		must(t, err)
		old := before.Secrets[0].ID
		if c.used != unused {
			must(t, reminders.secrets.Secrets.NoteUse(w.ctx(), old))
		}
		ago := (provider.RotationOverlap - c.left).Microseconds()
		w.sql(`UPDATE client_secrets SET created_at = created_at - $2 * interval '1 microsecond', expires_at = expires_at - $2 * interval '1 microsecond',
			used_at = CASE WHEN used_at IS NOT NULL THEN now() - $3 * interval '1 microsecond' END WHERE client_id = $1`, before.ID, ago, c.used.Microseconds())
		if !w.matches(id, plain) {
			t.Fatalf("%s: the secret is over", what)
		}
		if c.change != "" {
			w.sql(c.change, before.ID)
		}
		for range 2 {
			must(t, reminders.run(t.Context()))
		}
		if c.want > 0 {
			must(t, errors.Join(parallel(8, func(int) error { return reminders.secrets.Remind(w.ctx(), old) })...))
		}
		if got := w.toldEnd(event.ClientSecretExpiring{}, id); got != c.want {
			t.Errorf("%s: told %d times, want %d", what, got, c.want)
		}
	}
	id, _, _ := w.registered()
	must(t, reminders.secrets.Secrets.NoteUse(w.ctx(), w.current(id).Secrets[0].ID))
	if !w.current(id).Secrets[0].UsedAt.IsZero() {
		t.Error("each use of a secret that does not end is written down")
	}
}

// A key has no other end than that it was made with; the secret before gets an earlier one by the next rotation.
func TestReminders_comeForAnotherEndAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.key(w.tenants[0], nil, apiKey{90 * day, 10 * day, day})
	for n := range 3 {
		w.sql(`UPDATE api_keys SET expires_at = expires_at - interval '1 day' WHERE id = $1`, id)
		must(t, w.reminding().run(t.Context()))
		if got := w.toldEnd(event.APIKeyExpiring{}, (&apikey.Key{ID: id}).PublicID()); got != n+1 {
			t.Errorf("told %d times of %d ends", got, n+1)
		}
	}
}

// MPR-08: many that end together are told of in turns, and keep nobody else waiting; neither does a tenant that cannot be read.
func TestReminders_areFewAtOnce_MPR_08(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sql(`INSERT INTO api_keys (tenant_id, id, name, hint, hash, permissions, created_at, expires_at, used_at)
		SELECT $1, gen_random_uuid(), 'ci', 'plk_', sha256(n::text::bytea), '{users:read}', now() - interval '80 days', now() + interval '5 days', now()
		FROM generate_series(1, $2) n`, w.tenants[0].ID.String(), remindersAtOnce)
	late := w.key(w.tenants[1], nil, apiKey{90 * day, 10 * day, day})
	must(t, w.reminding().run(t.Context()))
	if n := w.toldEnd(event.APIKeyExpiring{}, (&apikey.Key{ID: late}).PublicID()); n != 1 {
		t.Errorf("behind those of another tenant: told %d times", n)
	}
	told := func() int {
		return w.count(`SELECT count(*) FROM audit_log WHERE tenant_id = $1 AND type = 'api_key.expiring'`, w.tenants[0].ID.String())
	}
	if n := told(); n != remindersOfTenant {
		t.Errorf("a tenant is told %d times at once, want %d", n, remindersOfTenant)
	}
	w.key(w.tenants[1], nil, apiKey{90 * day, 2 * day, day})
	w.sql(`UPDATE tenants SET settings = '7' WHERE id = $1`, w.tenants[1].ID.String()) // cannot be read
	if err := w.reminding().run(t.Context()); err == nil {
		t.Error("the tenant that fails is not told of")
	}
	if n := told(); n != 2*remindersOfTenant {
		t.Errorf("beside a tenant that fails a tenant is told %d times in two runs, want %d", n, 2*remindersOfTenant)
	}
}

// Who looks at the keys of all tenants sees nothing that opens anything.
func TestReminders_seeNoSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, column := range []string{"hash", "sealed"} {
		if _, err := w.platform.Exec(t.Context(), fmt.Sprintf(`SELECT %s FROM client_secrets`, column)); err == nil {
			t.Errorf("%s of client_secrets can be read", column)
		}
	}
	if _, err := w.platform.Exec(t.Context(), `UPDATE client_secrets SET expires_at = NULL`); err == nil {
		t.Error("secrets can be changed")
	}
}
