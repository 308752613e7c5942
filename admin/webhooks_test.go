package admin_test

import (
	"strings"
	"testing"
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
