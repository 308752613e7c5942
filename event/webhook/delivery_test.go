package webhook_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/event/webhook"
	"plinto/storage/storagetest"
)

func TestWebhook_tellsAnEndpointOfWhatItWants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.receive(nil)
	e, _ := w.endpoint(w.ctx, r.URL, "user.*")
	created := w.told(w.ctx, event.Event{Fact: event.UserUpdated{Fields: []string{"name"}}, Actor: event.Actor{Type: "operator"}, Subject: "org_1", RequestID: "req"})
	w.told(w.ctx, event.Event{Fact: event.SessionCreated{SessionID: uuid.New()}})
	w.drain(w.ctx, e)
	got := r.next(t)
	var payload struct {
		ID, Type, Subject, Outcome string
		APIVersion                 string `json:"api_version"`
		Schema                     string
		Timestamp                  time.Time
		Seq                        int64
		RequestID                  string `json:"request_id"`
		Data                       event.UserUpdated
	}
	must(t, json.Unmarshal(got.body, &payload))
	if payload.ID != webhook.EventID(created.ID) || payload.ID != got.header.Get("Webhook-Id") || payload.Type != "user.updated" ||
		payload.Subject != "org_1" || payload.Schema != "user.updated.v1" || payload.Seq == 0 || payload.RequestID != "req" || payload.Data.Fields[0] != "name" || payload.Timestamp.IsZero() {
		t.Errorf("got %s with %v", got.body, got.header)
	}
	if got.header.Get("User-Agent") != "Plinto" || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("got headers %v", got.header)
	}
	d, attempts := w.only(w.ctx, e)
	if d.State != webhook.Delivered || d.Attempts != 1 || len(attempts) != 1 || attempts[0].Status != http.StatusNoContent || len(r.got) != 0 {
		t.Errorf("got %+v with %+v", d, attempts)
	}
}

// The whole way: a change, its event, the queue, the receiver.
func TestWebhook_reachesTheReceiverThroughTheQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	storagetest.Run(t, w.store)
	r := w.receive(nil)
	w.endpoint(w.ctx, r.URL, "*")
	e := w.stored(w.ctx, event.Event{Fact: event.UserEnabled{}})
	for {
		got := r.next(t)
		if got.header.Get("Webhook-Id") == webhook.EventID(e.ID) {
			break
		}
	}
}

func TestWebhook_thinPayloadsSayNothingPersonal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.receive(nil)
	e, _ := w.endpoint(w.ctx, r.URL, "*")
	_, err := w.service.Update(w.ctx, e.ID, func(s *webhook.Spec) { s.Payload = webhook.Thin })
	must(t, err)
	w.told(w.ctx, event.Event{Fact: event.TokenReuseDetected{FirstIP: "192.0.2.7"}, Actor: event.Actor{Type: "user", ID: "x_canary"}, Subject: "org_1", IP: "192.0.2.8"})
	w.drain(w.ctx, e)
	body := string(r.next(t).body)
	if strings.Contains(body, "192.0.2.") || strings.Contains(body, "canary") || strings.Contains(body, "data") || !strings.Contains(body, `"subject":"org_1"`) {
		t.Errorf("got %s", body)
	}
}
