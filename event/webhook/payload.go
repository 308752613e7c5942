package webhook

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/tid"
	"plinto/tenant"
)

// apiVersion is that of payloads. Members may be added without another one.
const apiVersion = "1"

// A thinPayload is what every payload says.
type thinPayload struct {
	ID         string     `json:"id"` // also webhook-id
	Type       event.Type `json:"type"`
	Schema     string     `json:"schema"` // of data
	APIVersion string     `json:"api_version"`
	Timestamp  string     `json:"timestamp"` // RFC 3339, UTC
	// Seq grows per subject: a receiver may drop what is older than what it has.
	Seq      int64  `json:"seq,omitempty"`
	TenantID string `json:"tenant_id"`
	Subject  string `json:"subject,omitempty"`
}

// A fullPayload is what an endpoint gets that wants all.
type fullPayload struct {
	thinPayload
	Actor     event.Actor     `json:"actor"`
	Outcome   string          `json:"outcome"`
	Reason    string          `json:"reason,omitempty"`
	RequestID string          `json:"request_id,omitempty"`
	Data      json.RawMessage `json:"data"`
}

// EventID returns the id of an event as receivers see it.
func EventID(id uuid.UUID) string { return tid.Format(EventPrefix, id) }

// payload writes an event. It is the same for every attempt.
func payload(t tenant.ID, e *event.Event, kind string) ([]byte, error) {
	thin := thinPayload{
		ID: EventID(e.ID), Type: e.Type(), Schema: event.Schema(e.Type()), APIVersion: apiVersion, Timestamp: e.OccurredAt.UTC().Format(time.RFC3339Nano),
		Seq: e.Seq, TenantID: t.String(), Subject: e.Subject,
	}
	if kind == Thin {
		return json.Marshal(thin)
	}
	data, err := event.Encode(e.Fact)
	if err != nil {
		return nil, fmt.Errorf("write payload: %w", err)
	}
	if data == nil {
		data = json.RawMessage(`{}`)
	}
	return json.Marshal(fullPayload{thin, e.Actor, e.Outcome, e.Reason, e.RequestID, data})
}
