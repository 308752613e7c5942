package federation

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/federation/preset"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/strictjson"
	"plinto/organization"
)

// A Preview is what an account with some claims gets here.
type Preview struct {
	Email         string            `json:"email,omitempty"`
	EmailVerified bool              `json:"email_verified"`     // the provider says that its user reads it
	Username      string            `json:"username,omitempty"` // of an account that is made
	Profile       map[string]string `json:"profile"`
	Groups        []string          `json:"groups"`
	Roles         []PreviewedRole   `json:"roles"`
}

// A PreviewedRole is a role that groups give.
type PreviewedRole struct {
	Organization uuid.UUID `json:"organization,omitzero"` // uuid.Nil: the tenant's
	Role         string    `json:"role"`
	// Withheld says that it is not given: there is no such role, or whoever made the rule may not give it any more.
	Withheld bool `json:"withheld"`
}

// ErrClaims reports claims that no account can have.
var ErrClaims = fault.New(fault.Invalid, "invalid_claims", "The claims are not one JSON object of at most 64 KiB with groups as the connection reads them.")

// ReadClaims reads claims as JSON. ErrClaims.
func ReadClaims(raw []byte) (preset.Claims, error) {
	if len(raw) > MaxClaims {
		return nil, ErrClaims
	}
	all := preset.Claims{}
	err := strictjson.Object(raw, strictjson.Limits{Depth: 16}, func(name string, value []byte) error {
		all[name] = append(json.RawMessage{}, value...)
		return nil
	})
	if err != nil {
		return nil, ErrClaims.With(err)
	}
	return all, nil
}

// Preview says what an account with these claims gets here, a JSON object like an ID token's. Nothing is stored. ErrNotFound, ErrClaims.
func (s *Service) Preview(ctx context.Context, id uuid.UUID, raw []byte) (Preview, error) {
	c, err := s.ByID(ctx, id)
	if err != nil {
		return Preview{}, err
	}
	claims, err := ReadClaims(raw)
	if err != nil {
		return Preview{}, err
	}
	groups, err := c.groups(claims)
	if err != nil {
		return Preview{}, ErrClaims.With(err)
	}
	a := Assertion{Email: plainText(claims.Text("email"), maxText), Claims: claims}
	a.Profile = c.profile(identity.Profile{}, claims)
	seen := Preview{
		Email: a.Email, EmailVerified: a.Email != "" && c.known().Vouches(a.Email, claims), Username: c.usernameOf(ctx, &a),
		Profile: map[string]string{}, Groups: groups, Roles: []PreviewedRole{},
	}
	p := c.profileOf(&a)
	for name, member := range targets {
		if value := *member(&p); value != "" {
			seen.Profile[name] = value
		}
	}
	for _, g := range c.roles(c.Organization, groups) {
		withheld, err := s.withheld(ctx, &c, g)
		if err != nil {
			return Preview{}, err
		}
		seen.Roles = append(seen.Roles, PreviewedRole{Organization: g.Organization, Role: g.Role, Withheld: withheld})
	}
	return seen, nil
}

// withheld reports whether a role of a rule is not given now.
func (s *Service) withheld(ctx context.Context, c *Connection, g Given) (bool, error) {
	if s.Roles == nil {
		return false, nil
	}
	if c.RolesBy == (event.Actor{}) { // an operator: any role that there is
		all, err := s.Roles.Roles.All(ctx)
		return !slices.ContainsFunc(all, func(r organization.Role) bool {
			return r.Key == g.Role && (r.Scope == organization.TenantRole) == (g.Organization == uuid.Nil)
		}), err
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		ctx, err := s.Roles.asDecided(ctx, c)
		if err != nil {
			return err
		}
		return s.Roles.confers(ctx, g.Organization, g.Role)
	})
	if errors.Is(err, organization.ErrCannotConfer) || errors.Is(err, organization.ErrRoleNotFound) {
		return true, nil
	}
	return false, err
}

// asDecided returns a context in which no more is given than whoever made the rules of a connection may give now: an operator
// anything.
func (g *RoleGiver) asDecided(ctx context.Context, c *Connection) (context.Context, error) {
	by := c.RolesBy
	if by == (event.Actor{}) {
		return ctx, nil
	}
	var a organization.Authority // of nobody
	if g.Authorities != nil {
		var err error
		if a, err = g.Authorities.Of(ctx, by, c.Organization); err != nil {
			return nil, err
		}
	}
	return organization.WithAuthority(ctx, a), nil
}
