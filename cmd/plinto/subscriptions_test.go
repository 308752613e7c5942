package main

import (
	"testing"

	"plinto/storage/storagetest"
)

// What a command does is told like what a server does: it queues for subscribers that it
// could not be one of, having no mail server.
func TestCommands_queueForEverySubscriber(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.in = demoPassword + "\n"
	conn := storagetest.Owner(t, x.owner)
	count := func(sql string, args ...any) (n int) {
		t.Helper()
		if err := conn.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	x.ok("tenant", "create", "acme")
	x.ok("client", "create", "web", "--type", "web", "--redirect-uri", "https://a.example/cb")
	x.ok("user", "create", "a@example.com", "--password-stdin")
	for _, sql := range []string{
		`UPDATE clients SET metadata = metadata || '{"backchannel_logout_uri": "https://a.example/out"}'`,
		`INSERT INTO sessions (tenant_id, id, token_hash, user_id, auth_time, amr, acr, ip, agent, remembered, idle_ttl, expires_at, seen_at, rotated_at)
			SELECT tenant_id, gen_random_uuid(), 'h', id, now(), '{}', '', '', '', false, '1 hour', now() + interval '1 hour', now(), now() FROM users`,
		`INSERT INTO grants (tenant_id, id, client_id, user_id, session_id, sid, scopes, resources, auth_time, acr, amr, offline, expires_at)
			SELECT s.tenant_id, gen_random_uuid(), c.id, s.user_id, s.id, 'sid', '{}', '{}', now(), '', '{}', false, now() + interval '1 hour' FROM sessions s, clients c`,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	x.ok("user", "set-password", "a@example.com", "--password-stdin")
	for _, c := range []struct{ subscriber, kind, lane string }{
		{"mail.notices", "password.changed", "default"}, {"backchannel.logout", "backchannel_logout.queued", "logout"}, {"signing.keys", "tenant.created", "default"},
	} {
		if n := count(`SELECT count(*) FROM river_job j JOIN events e ON e.id = (j.args ->> 'event_id')::uuid
			WHERE j.kind = 'event_delivery' AND j.args ->> 'subscriber' = $1 AND e.type = $2 AND j.queue = $3`, c.subscriber, c.kind, c.lane); n != 1 {
			t.Errorf("%d jobs of %s for %s in lane %s, want 1", n, c.kind, c.subscriber, c.lane)
		}
	}
}
