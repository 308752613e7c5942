package organization

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"plinto/internal/fault"
)

// Errors of those who have fewer rights than what they do needs.
var (
	ErrCannotConfer = fault.New(fault.Forbidden, "cannot_confer", "You can only give rights that you have.")
	ErrCannotActOn  = fault.New(fault.Forbidden, "cannot_act_on", "You cannot change whoever or whatever has rights that you have not.")
)

// An Authority is what somebody who manages a tenant may do.
type Authority struct {
	Rights []Permission // in the whole tenant
	// Organization is the one that There holds in; uuid.Nil: none.
	Organization uuid.UUID
	There        []Permission
	// Again returns the authority as it is now, in the transaction of ctx, which no other one that
	// confers rights runs beside; nil: it does not change. A caller who loses a right while
	// giving it to somebody has given it before, or may not give it any more.
	Again func(ctx context.Context) (Authority, error)
}

type authorityKey struct{}

// WithAuthority returns a context in which no more is done than a may. Without one the operator acts,
// who may do everything: whatever serves a request of the management API sets it.
func WithAuthority(ctx context.Context, a Authority) context.Context {
	return context.WithValue(ctx, authorityKey{}, a)
}

// Limited reports whether ctx has an authority: without one the operator acts.
func Limited(ctx context.Context) bool {
	_, limited := ctx.Value(authorityKey{}).(Authority)
	return limited
}

// RightsNow returns the rights in the tenant of whoever ctx says, for work that is done later with
// WithRights; nil: of an operator.
func RightsNow(ctx context.Context) ([]string, error) {
	a, limited, err := authorityNow(ctx)
	if err != nil || !limited {
		return nil, err
	}
	rights := make([]string, len(a.Rights))
	for i, p := range a.Rights {
		rights[i] = string(p)
	}
	return rights, nil
}

// WithRights is WithAuthority of who had those rights when the work was asked for.
func WithRights(ctx context.Context, rights []string) context.Context {
	a := Authority{Rights: make([]Permission, len(rights))}
	for i, p := range rights {
		a.Rights[i] = Permission(p)
	}
	return WithAuthority(ctx, a)
}

// authorityNow returns the authority of ctx as it is now; limited is false of an operator.
func authorityNow(ctx context.Context) (a Authority, limited bool, err error) {
	a, limited = ctx.Value(authorityKey{}).(Authority)
	if limited && a.Again != nil {
		a, err = a.Again(ctx)
	}
	return a, limited, err
}

// has reports whether the authority has a right in an organization (uuid.Nil: in the tenant).
func (a *Authority) has(p Permission, in uuid.UUID) bool {
	return slices.Contains(a.Rights, p) || in != uuid.Nil && in == a.Organization && slices.Contains(a.There, p)
}

func (a *Authority) missing(in uuid.UUID, rights []Permission) (missing []string) {
	for _, p := range rights {
		if p.Manages() && !a.has(p, in) && !slices.Contains(missing, string(p)) {
			missing = append(missing, string(p))
		}
	}
	return missing
}

// Confer refuses whoever ctx says to give rights that they do not have themselves, in an organization
// or in the tenant (uuid.Nil). It is the one decision of its kind: roles, roles in roles, members,
// invitations, scopes of clients and keys all ask it. Permissions of applications are no rights here.
// It needs the transaction in which they are given. ErrCannotConfer.
func Confer(ctx context.Context, in uuid.UUID, rights []Permission) error {
	return compare(ctx, in, rights, ErrCannotConfer)
}

// ActOn refuses whoever ctx says to change somebody or something that has rights which they do not
// have themselves. ErrCannotActOn.
func ActOn(ctx context.Context, in uuid.UUID, rights []Permission) error {
	return compare(ctx, in, rights, ErrCannotActOn)
}

func compare(ctx context.Context, in uuid.UUID, rights []Permission, refusal *fault.Error) error {
	a, limited, err := authorityNow(ctx)
	if err != nil || !limited {
		return err
	}
	if missing := a.missing(in, rights); len(missing) > 0 {
		return refusal.At(fault.Field{Message: "needs " + strings.Join(missing, " ")})
	}
	return nil
}
