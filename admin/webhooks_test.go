package admin_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"plinto/event/webhook"
	"plinto/internal/tid"
)

func TestWebhookEndpoints_areCreatedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post("/webhook-endpoints", m{"url": "https://hooks.example.com/in", "events": []string{"user.created"}}).is(201)
	at := "/webhook-endpoints/" + made.text("id")
	if !strings.HasPrefix(made.text("secret"), "whsec_") {
		t.Errorf("made %s", made.raw)
	}
	read := w.get(at).is(200)
	if strings.Contains(string(read.raw), "whsec_") || read.Header.Get("ETag") != made.Header.Get("ETag") {
		t.Errorf("read %s", read.raw)
	}
	tag := map[string]string{"If-Match": read.Header.Get("ETag")}
	if got := w.send(request{method: "PATCH", path: at, header: tag, body: m{"payload": "thin", "description": "CRM"}}).is(200); got.text("payload") != "thin" {
		t.Errorf("changed to %s", got.raw)
	}
	w.send(request{method: "PATCH", path: at, header: tag, body: m{"description": nil}}).is(412, "precondition_failed")
	w.patch(at, m{"events": []string{"no.such"}}).is(400, "invalid_webhook_endpoint")
	w.patch(at, m{"url": "http://10.0.0.1/"}).is(400, "invalid_webhook_url")
	if got := w.post(at+"/rotate-secret", m{"overlap": 0}).is(200); got.text("secret") == made.text("secret") {
		t.Error("the secret is the old one")
	}
	if got := w.post(at+"/disable", nil).is(200); got.Body["disabled"] != true {
		t.Errorf("disabled: %s", got.raw)
	}
	w.post(at+"/test", nil).is(409, "webhook_endpoint_disabled")
	w.post(at+"/enable", nil).is(200)
	w.post(at+"/test", nil).is(200)
	w.get(at + "/deliveries?state=pending&limit=1").is(200)
	w.post(at+"/deliveries/delivery_x/replay", nil).is(404, "webhook_delivery_not_found")
	if got := w.get("/webhook-endpoints").is(200).data(); len(got) != 1 {
		t.Errorf("listed %v", got)
	}
	w.send(request{method: "DELETE", path: at}).is(204)
	w.get(at).is(404, "webhook_endpoint_not_found")
}

func TestWebhookDeliveries_showHowOftenTheyWereTried(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	endpoint := func() string {
		return w.post("/webhook-endpoints", m{"url": "https://hooks.example.com/in", "events": []string{"user.deleted"}}).is(201).text("id")
	}
	one, other := endpoint(), endpoint()
	id := uuid.Must(uuid.NewV7())
	of, err := tid.Parse(webhook.EndpointPrefix, one)
	must(t, err)
	_, err = w.Owner.Exec(t.Context(), `
		WITH delivery AS (
			INSERT INTO webhook_deliveries (tenant_id, id, endpoint_id, event_id, type, occurred_at, due_at, created_at, attempts)
			VALUES ($1, $2, $3, $2, 'user.deleted', now(), now() + interval '1 day', now(), 2)
		)
		INSERT INTO webhook_attempts (tenant_id, id, delivery_id, at, latency_ms, status, error, answer, cut) VALUES
			($1, gen_random_uuid(), $2, now() - interval '1 minute', 12, 500, 'status', 'no', true), ($1, gen_random_uuid(), $2, now(), 9, 0, 'timeout', '', false)`,
		w.Tenant.ID, id, of)
	must(t, err)
	path := "/deliveries/" + tid.Format("delivery", id) + "/attempts"
	tried := w.get("/webhook-endpoints/" + one + path).is(200).data()
	if len(tried) != 2 {
		t.Fatalf("got %v", tried)
	}
	if tried[0]["error"] != "status" {
		tried[0], tried[1] = tried[1], tried[0]
	}
	if tried[0]["status"] != 500.0 || tried[0]["answer"] != "no" || tried[0]["answer_cut"] != true || tried[0]["latency_ms"] != 12.0 || tried[1]["error"] != "timeout" || tried[1]["status"] != nil {
		t.Errorf("got %v", tried)
	}
	w.get("/webhook-endpoints/"+other+path).is(404, "webhook_delivery_not_found")
	if got := w.get("/webhook-endpoints/" + one + "/deliveries?count=true&state=pending").is(200); got.Body["total_count"] != 1.0 {
		t.Errorf("counted %s", got.raw)
	}
}
