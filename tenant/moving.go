package tenant

import (
	"time"

	"plinto/internal/fault"
)

// Moving is the isolation of a tenant that is being moved: it has no rows that anybody may read or write.
const Moving Isolation = "moving"

// movingRetry is what clients of such a tenant are told to wait.
const movingRetry = 5 * time.Second

// ErrMoving reports a tenant that is being moved, or that was moved away from where somebody looks for it. It is
// there again in a moment.
var ErrMoving = &fault.Error{
	Kind: fault.Unavailable, Code: "tenant_moving", Message: "This service is being moved. Please try again in a moment.", RetryAfter: movingRetry,
}

// ErrGoingOn reports a tenant that another process moves or restores: what there is of it is that process'.
var ErrGoingOn = fault.New(fault.Conflict, "move_going_on", "Another process is moving or restoring the tenant.")
