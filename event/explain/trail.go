package explain

import (
	"context"
	"time"

	"plinto/event"
	"plinto/internal/web"
	"plinto/tenant"
)

// A Trail is what one request of a tenant decided or refused. It holds codes and ids, no
// secrets, and neither address nor name of a person.
type Trail struct {
	RequestID string
	Tenant    tenant.ID // zero: see OfNobody
	At        time.Time
	Method    string
	Route     string        // the pattern it was routed by
	Status    int           // of the refusal; 0 when nothing was refused
	Code      string        // the error that was answered, or ""
	Detail    string        // the error's own code, where the protocol's is coarser, or ""
	Cause     string        // as logged, for developers of the server
	ClientID  string        // as it was sent: perhaps of no client
	Flow      string        // id of the flow, or ""
	Decided   []web.Decided // in order
}

// OfNobody reports whether the request was to a host or path of no tenant. The operators' tenant keeps such trails.
func (t *Trail) OfNobody() bool { return t.Tenant == tenant.ID{} }

// Trails keeps trails for a week.
type Trails interface {
	// Keep stores trails of any tenants. Trails of a tenant that is gone are left out, and those of no tenant where
	// there is no tenant of the operators.
	Keep(ctx context.Context, all []Trail) error
	// Tenant returns the tenant that a request was made to, or ErrUnknown.
	Tenant(ctx context.Context, requestID string) (tenant.ID, error)
	// ByRequest returns the trails of a request of the tenant, in order. ErrUnknown.
	ByRequest(ctx context.Context, requestID string) ([]Trail, error)
	// ByFlow returns those of a flow of the tenant, in order, at most MaxOfFlow.
	ByFlow(ctx context.Context, flow string) ([]Trail, error)
	// Events returns the events of a request of the tenant that was answered about then.
	Events(ctx context.Context, requestID string, then time.Time) ([]event.Event, error)
}

// MaxOfFlow bounds the requests of a flow that are shown.
const MaxOfFlow = 50
