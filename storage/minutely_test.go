package storage

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/storage/internal/pg"
)

// Upkeep of each minute costs an idle installation one statement, and comes when there is something to do.
func TestUpkeep_ofEachMinuteComesWhenThereIsSomething(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenants := newTenants(pg.NewSystem(w.platform), nil, copyOptions{heard: always})
	due := func(name string) bool { return (&minutely{tenants: tenants}).due(name)(w.ctx()) }
	of, endpoint := w.tenants[0].ID.String(), uuid.New()
	for name, arises := range map[string]func(){
		"session_expiry": func() {
			w.sql(`UPDATE sessions SET expires_at = now() WHERE id = $1`, w.session(w.user()).ID)
		},
		"tenant_facts": func() {
			w.sql(`INSERT INTO tenant_facts (id, tenant, type, body) VALUES ($1, $2, 'x', '{}')`, uuid.New(), of)
		},
		"tenant_deletion": func() {
			w.sql(`UPDATE tenants SET disabled_at = now(), deleting_at = now() WHERE id = $1`, w.tenants[1].ID.String())
		},
		"webhooks": func() {
			w.sql(`INSERT INTO webhook_endpoints (tenant_id, id, url, events, sealed) VALUES ($1, $2, 'https://hook.example', '{}', '')`, of, endpoint)
			w.sql(`INSERT INTO webhook_drains (tenant_id, endpoint_id) VALUES ($1, $2)`, of, endpoint)
			w.sql(`INSERT INTO webhook_deliveries (tenant_id, id, endpoint_id, event_id, type, occurred_at, due_at, created_at)
				VALUES ($1, $2, $3, $2, 'x', now(), now() - interval '2 minutes', now())`, of, uuid.New(), endpoint)
		},
		"jobs": func() {
			w.sql(`INSERT INTO jobs (tenant_id, id, kind, dry_run, actor, parts, created_at) VALUES ($1, $2, 'x', false, '{}', 1, now() - interval '2 minutes')`, of, uuid.New())
		},
	} {
		if due(name) {
			t.Errorf("%s is due, with nothing to do", name)
		}
		if arises(); !due(name) {
			t.Errorf("%s is not due", name)
		}
	}
	w.sql(`UPDATE tenants SET disabled_at = NULL, deleting_at = NULL`)
	all := &minutely{tenants: tenants}
	if n := w.counted.Count(func() {
		for _, name := range []string{"session_expiry", "jobs", "webhooks"} {
			all.due(name)(w.ctx())
		}
	}); n != 0 { // they are the platform role's, and its pool is not counted
		t.Errorf("%d statements of the app role", n)
	}
	at := all.at
	if all.due("tenant_facts")(w.ctx()); all.at != at {
		t.Error("a second statement asks for what the first one said")
	}
}

// Each upkeep of each minute is known to the statement that says whether it is due.
func TestUpkeep_ofEachMinuteIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	system := pg.NewSystem(w.platform)
	tenants := newTenants(system, nil, copyOptions{heard: always})
	store := &Store{
		DB: w.db, system: system, Tenants: tenants, Users: w.users, Sessions: w.sessions, Outbox: w.outbox, Jobs: w.jobs,
		Statistics: &Statistics{DB: w.db, system: system, tenants: tenants}, Webhooks: &Webhooks{},
	}
	all, err := store.upkeep(Config{})
	must(t, err)
	var minutely []string
	for _, u := range all {
		if u.Every != time.Minute {
			continue
		}
		minutely = append(minutely, u.Name)
		if u.Due == nil || !strings.Contains(dueEachMinute, "'"+u.Name+"'") {
			t.Errorf("%s comes each minute, whether it has something to do or not", u.Name)
		}
	}
	if slices.Sort(minutely); len(minutely) != 5 {
		t.Errorf("of each minute are %v", minutely)
	}
}
