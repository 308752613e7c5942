package provider

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
)

// FlowTTL is how long a user may take from an authorization request to its answer.
const FlowTTL = 30 * time.Minute

// MaxFlows bounds how many unfinished flows a browser has: tabs that are open at once.
const MaxFlows = 20

// Quotas of flows that are rows. A network that has as many loses its oldest for a new
// one; a tenant that has as many keeps no more of them.
const (
	MaxFlowsOfNetwork = 1000
	MaxFlowsOfTenant  = 10_000
)

// A StoredFlow is a flow that did not fit into the browser's cookies.
type StoredFlow struct {
	ID      uuid.UUID
	Browser []byte // keyed hash of the secret that the browser holds
	Network string // what strangers are counted by
	Sealed  []byte // opens with the browser's secret
	Version int    // of the row: two tabs may write it at once
}

// Errors of stored flows.
var (
	// ErrFlowGone reports a stored flow that is over, another browser's, or changed
	// by another tab since it was read.
	ErrFlowGone = fault.New(fault.NotFound, "flow_gone", "This sign-in is over.")
	// ErrFlowsFull reports that a tenant has MaxFlowsOfTenant stored flows.
	ErrFlowsFull = fault.New(fault.Unavailable, "too_many_flows", "Too many people are signing in right now.")
)

// Flows keeps the flows of the context's tenant that do not fit into cookies.
type Flows interface {
	// Keep stores f for that long, in one statement with the quotas: of the browser the
	// newest MaxFlows stay, of the network the newest MaxFlowsOfNetwork. ErrFlowsFull.
	Keep(ctx context.Context, f StoredFlow, ttl time.Duration) error
	// Find returns the flow of that browser. ErrFlowGone.
	Find(ctx context.Context, id uuid.UUID, browser []byte) (StoredFlow, error)
	// Change replaces what is sealed, unless the row has another version by now:
	// ErrFlowGone.
	Change(ctx context.Context, f StoredFlow) error
	// Drop deletes a flow of that browser. One that is not there is no error.
	Drop(ctx context.Context, id uuid.UUID, browser []byte) error
}
