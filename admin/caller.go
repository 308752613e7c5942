package admin

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/organization"
)

// A Caller is who calls the API, with what it may do.
type Caller struct {
	organization.Authority
	Actor event.Actor
	User  uuid.UUID // who calls, or whose key it is; uuid.Nil: nobody
	Name  string    // in limits and in the names of requests
}

// Confined returns the organization that a caller who may call an operation sees nothing beyond: theirs, where
// they have the permission in that one alone. uuid.Nil: the whole tenant.
func (c *Caller) Confined(op *Operation) uuid.UUID {
	if slices.Contains(c.Rights, op.Permission) {
		return uuid.Nil
	}
	return c.Organization
}

// May reports whether the caller may call an operation, in an organization where its path names one.
func (c *Caller) May(op *Operation, in uuid.UUID) bool {
	if op.Permission == "" {
		return false // an operation without a permission is a mistake: it is nobody's
	}
	return slices.Contains(c.Rights, op.Permission) ||
		op.Organization && in != uuid.Nil && in == c.Organization && slices.Contains(c.There, op.Permission)
}

type callerKey struct{}

// callerOf returns who calls; every handler has one.
func callerOf(ctx context.Context) *Caller { return ctx.Value(callerKey{}).(*Caller) }

// actor returns who acts, for events.
func actor(ctx context.Context) event.Actor { return callerOf(ctx).Actor }

// errNoRight refuses a caller whose token has the scope, but whose roles do not give the right.
var errNoRight = fault.New(fault.Forbidden, "permission_missing", "Your roles do not give you the right to do this.")
