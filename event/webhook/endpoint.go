package webhook

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/internal/owner"
	"plinto/internal/tid"
)

// Prefixes of public ids.
const (
	EndpointPrefix = "webhook"
	DeliveryPrefix = "delivery"
	EventPrefix    = "evt" // of webhook-id and of id in payloads
)

// Payloads.
const (
	Full = "full" // everything the event says
	Thin = "thin" // what happened to whom; the rest is to be asked for
)

// Why an endpoint is disabled.
const (
	ByOperator = "operator"
	Failing    = "failing" // no success for DisableAfter
	Gone       = "gone"    // it answered 410
)

// Bounds of endpoints.
const (
	MaxEndpoints   = 50 // of a tenant
	maxFilters     = 100
	maxDescription = 200 // characters
)

// A Spec is what people decide of an endpoint.
type Spec struct {
	URL         string
	Description string
	Events      []event.Filter
	Payload     string // Full or Thin; "" is Full
}

// NewSpec returns a spec as it is stored: with defaults, and with filters in one order.
func NewSpec(url, description, payload string, events []event.Filter) Spec {
	s := Spec{URL: url, Description: description, Payload: payload, Events: events}
	s.normalize()
	return s
}

// An Endpoint is an address that events of a tenant are sent to.
type Endpoint struct {
	ID uuid.UUID
	Spec
	Sealed         []byte    // secrets that sign, see Secrets
	PreviousSealed []byte    // those before, which sign beside them; nil: none
	PreviousUntil  time.Time // until then
	DisabledAt     time.Time // zero: enabled
	DisabledReason string
	CreatedAt      time.Time
	Version        int64
	// Health is how sending to it goes.
	Health Health
	// ManagedBy is the manifest that declares it, as it is read, or "".
	ManagedBy string
}

// Health is how sending to an endpoint goes.
type Health struct {
	Failures     int       // attempts since the last success
	FailingSince time.Time // the first failure since the last success; zero: none
	BrokeAt      time.Time // FailingSince, kept when it works again; zero: it never failed
}

// PublicID returns the id as people see it.
func (e *Endpoint) PublicID() string { return tid.Format(EndpointPrefix, e.ID) }

// Errors of endpoints.
var (
	ErrNotFound    = fault.New(fault.NotFound, "webhook_endpoint_not_found", "There is no such webhook endpoint.")
	ErrURL         = fault.New(fault.Invalid, "invalid_webhook_url", "The URL of a webhook endpoint must be an https URL of a public host.")
	ErrSpec        = fault.New(fault.Invalid, "invalid_webhook_endpoint", "The webhook endpoint is not valid.")
	ErrTooMany     = fault.New(fault.Conflict, "too_many_webhook_endpoints", fmt.Sprintf("A tenant has at most %d webhook endpoints.", MaxEndpoints))
	ErrDisabled    = fault.New(fault.Conflict, "webhook_endpoint_disabled", "The webhook endpoint is disabled.")
	ErrNoDelivery  = fault.New(fault.NotFound, "webhook_delivery_not_found", "There is no such delivery.")
	ErrErased      = fault.New(fault.Conflict, "user_erased", "The user whom the event is about was deleted, so it is not sent again.")
	ErrEventGone   = fault.New(fault.Conflict, "event_gone", "The event is not kept any more.")
	ErrNeverFailed = fault.New(fault.Conflict, "never_failed", "Sending to the endpoint never failed.")
)

// Endpoints finds the endpoints of the context's tenant.
type Endpoints interface {
	// ByID returns one endpoint or ErrNotFound.
	ByID(ctx context.Context, id uuid.UUID) (Endpoint, error)
	// List returns all endpoints, oldest first: there are at most MaxEndpoints.
	List(ctx context.Context) ([]Endpoint, error)
	// Collecting returns those that deliveries are made for, from memory where it can: those
	// that are enabled, and those that were disabled because they failed, for which they wait.
	Collecting(ctx context.Context) ([]Endpoint, error)
}

// Writes stores endpoints of the context's tenant. Each method joins the transaction of ctx.
type Writes interface {
	owner.Rows
	// Create stores e with its id. ErrTooMany.
	Create(ctx context.Context, e Endpoint) error
	// SetSpec writes the spec over the one of e.Version. fault.ErrChanged, ErrNotFound.
	SetSpec(ctx context.Context, e Endpoint) error
	// SetSecrets writes the sealed secrets over those of e.Version. fault.ErrChanged,
	// ErrNotFound.
	SetSecrets(ctx context.Context, e Endpoint) error
	// Disable reports whether it was enabled. ErrNotFound.
	Disable(ctx context.Context, id uuid.UUID, reason string) (changed bool, err error)
	// Enable has what waits sent, and reports whether it was disabled. ErrNotFound.
	Enable(ctx context.Context, id uuid.UUID, now time.Time) (changed bool, err error)
	// Delete removes the endpoint and its deliveries. ErrNotFound.
	Delete(ctx context.Context, id uuid.UUID) error
}

// check returns what is wrong with a spec: ErrURL, ErrSpec.
func (s *Spec) check(checkURL func(string) error) error {
	if err := checkURL(s.URL); err != nil {
		return ErrURL.With(err)
	}
	if s.Payload != Full && s.Payload != Thin {
		return ErrSpec.At(fault.Field{Pointer: "/payload", Message: "must be full or thin"})
	}
	if !utf8.ValidString(s.Description) || utf8.RuneCountInString(s.Description) > maxDescription {
		return ErrSpec.At(fault.Field{Pointer: "/description", Message: fmt.Sprintf("must have at most %d characters", maxDescription)})
	}
	if len(s.Events) == 0 || len(s.Events) > maxFilters {
		return ErrSpec.At(fault.Field{Pointer: "/events", Message: fmt.Sprintf("must have 1 to %d types of events", maxFilters)})
	}
	for i, f := range s.Events {
		if err := event.CheckFilter(f, Types()); err != nil {
			return ErrSpec.At(fault.Field{Pointer: fmt.Sprintf("/events/%d", i), Message: err.Error()})
		}
	}
	return nil
}

// normalize fills defaults in, and puts filters in one order.
func (s *Spec) normalize() {
	if s.Payload == "" {
		s.Payload = Full
	}
	s.Events = slices.Clone(s.Events)
	slices.Sort(s.Events)
	s.Events = slices.Compact(s.Events)
}

// differences names the members that differ.
func differences(a, b *Spec) (fields []string) {
	for _, d := range []struct {
		name    string
		differs bool
	}{
		{"url", a.URL != b.URL},
		{"description", a.Description != b.Description},
		{"events", !slices.Equal(a.Events, b.Events)},
		{"payload", a.Payload != b.Payload},
	} {
		if d.differs {
			fields = append(fields, d.name)
		}
	}
	return fields
}
