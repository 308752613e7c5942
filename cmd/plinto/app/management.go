package app

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"plinto/admin"
	"plinto/internal/idempotency"
	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/organization"
	"plinto/pages/reference"
	"plinto/provider"
	"plinto/provider/access"
)

// managementScopes are the rights in the management API as scopes of its tokens.
var managementScopes = func() []provider.Scope {
	scopes := make([]provider.Scope, len(organization.Permissions))
	for i, p := range organization.Permissions {
		scopes[i].Name = string(p)
	}
	return scopes
}()

// management is the management API.
type management struct{ *parts }

func newManagement(p *parts) area { return management{p} }

func (m management) mount(r *router) { r.below(paths.Management, m.parts.management) }

// manage makes the management API.
func (p *parts) manage() (err error) {
	s := p.cfg.Store
	cursors, err := secret.NewBox(p.cfg.Root.Subkey("plinto/cursor/v1"))
	if err != nil {
		return fmt.Errorf("make cursor box: %w", err)
	}
	answers, err := secret.NewBox(p.cfg.Root.Subkey("plinto/answer/v1"))
	if err != nil {
		return fmt.Errorf("make answer box: %w", err)
	}
	p.management, err = admin.New(admin.Dependencies{
		Callers:     &admin.Guard{Tokens: &access.Guard{Tokens: p.tokens}, Rights: noRights{}},
		Idempotency: &idempotency.Service{Keys: s.IdempotencyKeys, Box: answers},
		Cursors:     admin.Cursors{Box: cursors}, Outbox: s.Outbox, Tx: s.DB, Now: p.cfg.Now,
		Services: admin.Services{Users: s.Users, Directory: p.directory, Links: p.links, Account: p.account},
	})
	if err != nil {
		return fmt.Errorf("make management API: %w", err)
	}
	p.reference, err = reference.New(p.management.Contract().Document, p.browser)
	return err
}

// noRights: users have no roles yet, so they have no rights.
type noRights struct{}

// Of implements admin.Rights.
func (noRights) Of(context.Context, uuid.UUID, uuid.UUID) (everywhere, there []organization.Permission, err error) {
	return nil, nil, nil
}
