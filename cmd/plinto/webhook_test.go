package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"plinto/event/webhook"
	"plinto/storage/storagetest"
)

func TestWebhook_fromCreateToDelete(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.refused(exitUsage, "say which events", "webhook", "create", "https://a.example/")
	x.refused(exitFailed, "public host", "webhook", "create", "http://127.0.0.1/", "--events", "*")
	x.refused(exitFailed, "no type of events", "webhook", "create", "https://a.example/", "--events", "user.flown")
	var made webhookSecret
	x.into(&made, "webhook", "create", "https://a.example/hook", "--events", "user.*,session.ended", "--description", "orders")
	if !strings.HasPrefix(made.Secret, webhook.SecretPrefix) || !strings.HasPrefix(made.PublicKey, webhook.PublicKeyPrefix) {
		t.Fatalf("made %+v", made)
	}
	var rows []webhookRow
	x.into(&rows, "webhook", "list")
	if len(rows) != 1 || rows[0].ID != made.ID || rows[0].State != "enabled" || rows[0].PublicKeys[0] != made.PublicKey {
		t.Fatalf("listed %+v", rows)
	}
	x.ok("webhook", "update", made.ID, "--payload", "thin")
	x.in = "whsec_" + strings.Repeat("A", 44) + "\n"
	var rotated webhookSecret
	x.into(&rotated, "webhook", "rotate-secret", made.ID, "--overlap", "1h", "--secret-stdin")
	if rotated.Secret != strings.TrimSpace(x.in) {
		t.Errorf("rotated to %+v", rotated)
	}
	x.refused(exitFailed, "at most", "webhook", "rotate-secret", made.ID, "--overlap", "1000h")
	x.ok("webhook", "disable", made.ID)
	x.refused(exitFailed, "disabled", "webhook", "test", made.ID)
	x.ok("webhook", "enable", made.ID)
	var row webhookRow
	x.into(&row, "webhook", "show", made.ID)
	if row.Payload != "thin" || row.Description != "orders" || len(row.Events) != 2 || len(row.PublicKeys) != 2 {
		t.Errorf("shown %+v", row)
	}
	if out := x.ok("webhook", "list") + x.ok("webhook", "show", made.ID) + x.ok("export"); strings.Contains(out, "whsec_") {
		t.Error("a secret is shown again")
	}
	x.refused(exitUsage, "add --yes", "webhook", "delete", made.ID)
	x.ok("webhook", "delete", made.ID, "--yes")
	x.refused(exitFailed, "there is no webhook endpoint", "webhook", "show", made.ID)
	x.refused(exitFailed, "there is no webhook endpoint", "webhook", "show", "nonsense")
	x.refused(exitFailed, "there is no delivery", "webhook", "delivery", "nonsense")
}

// A command queues, and a server sends.
func TestWebhook_testsAndReplays(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.env = append(x.env, "PLINTO_EGRESS_ALLOW_LOOPBACK=true")
	got := make(chan http.Header, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header
		_, _ = w.Write([]byte("thanks\x1b[31m"))
	}))
	t.Cleanup(receiver.Close)
	x.ok("tenant", "create", "acme")
	var made webhookSecret
	x.into(&made, "webhook", "create", receiver.URL, "--events", "user.created")
	x.ok("webhook", "test", made.ID)
	x.ok("user", "create", "alice@example.com")
	conn := storagetest.Owner(t, x.owner)
	for _, kind := range []string{"webhook_endpoint.tested", "user.created"} {
		var n int
		err := conn.QueryRow(t.Context(), `SELECT count(*) FROM river_job j JOIN events e ON e.id = (j.args ->> 'event_id')::uuid
			WHERE j.args ->> 'subscriber' = 'webhooks' AND j.queue = 'webhook' AND e.type = $1`, kind).Scan(&n)
		if err != nil || n != 1 {
			t.Errorf("%d jobs of %s, %v", n, kind, err)
		}
	}
	x.refused(exitFailed, "never failed", "webhook", "replay", made.ID, "--since-it-broke")
	x.refused(exitUsage, "is no time", "webhook", "replay", made.ID, "--from", "yesterday")
	x.refused(exitUsage, "say what to send again", "webhook", "replay", made.ID)
	if out := x.ok("webhook", "replay", made.ID, "--from", "2026-01-31T15:00:00Z"); !strings.Contains(out, "0 events") {
		t.Errorf("said %s", out)
	}
	var rows []deliveryRow
	x.into(&rows, "webhook", "deliveries", made.ID)
	if len(rows) != 0 {
		t.Errorf("listed %+v", rows)
	}
	if out := x.ok("webhook", "types"); !strings.Contains(out, "user.created\n") || strings.Contains(out, "sign_up.requested") {
		t.Errorf("types %s", out)
	}
}
