package admin

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/organization"
	"plinto/tenant"
)

// A Caller is who calls the API, with what it may do.
type Caller struct {
	organization.Authority
	Actor event.Actor
	User  uuid.UUID // who calls, or whose key it is; uuid.Nil: nobody
	Name  string    // in limits and in the names of requests
	// Home is the system tenant when its caller acts in another one, where Actor is what that one calls
	// the caller, and Self what the system tenant does; nil: the caller is of the tenant.
	Home *tenant.Tenant
	Self event.Actor
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

// abroad is a caller of the system tenant as other tenants see it.
func (c *Caller) abroad(home *tenant.Tenant) *Caller {
	return &Caller{
		Authority: c.Authority, Home: home, Self: c.Actor, Name: home.Slug + " " + c.Name,
		Actor: event.Actor{Type: "operator", ID: home.Slug + "/" + c.Actor.Type + ":" + c.Actor.ID},
	}
}

type callerKey struct{}

// callerOf returns who calls; every handler has one.
func callerOf(ctx context.Context) *Caller { return ctx.Value(callerKey{}).(*Caller) }

// actor returns who acts, for events.
func actor(ctx context.Context) event.Actor { return callerOf(ctx).Actor }

// errNoRight refuses a caller whose token has the scope, but whose roles do not give the right.
var errNoRight = fault.New(fault.Forbidden, "permission_missing", "Your roles do not give you the right to do this.")

// needs refuses a caller for want of a permission.
func needs(p organization.Permission) error {
	return &missing{errNoRight.At(fault.Field{Message: "needs " + string(p)}), p}
}

// missing is the refusal for want of a right.
type missing struct {
	error
	right organization.Permission
}

func (m *missing) Unwrap() error { return m.error }
