package app

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/admin"
	"plinto/event"
	"plinto/identity"
	"plinto/identity/bulk"
	"plinto/identity/mfa"
	"plinto/internal/secret"
	"plinto/organization"
	"plinto/storage"
	"plinto/storage/queue"
)

// NewBulk returns what imports and exports users, for servers and commands.
func NewBulk(s *storage.Store, root secret.Root, d *identity.Directory, apps *mfa.Service, roles *organization.RoleService, contract *admin.Contract, now func() time.Time) (*bulk.Service, error) {
	has := newAuthorities(s, roles)
	return bulk.New(root, bulk.Service{
		Jobs: s.Jobs, Users: s.Users, Directory: d, Apps: apps, Check: contract.CheckImport,
		Act: roles.ActOnUser, Rights: organization.RightsNow, As: importsAs(has), MayExport: mayExport(has),
		Outbox: s.Outbox, Tx: s.DB, Now: now,
	})
}

// importsAs implements bulk.Service.As: rights that were lost since are none.
func importsAs(a *authorities) func(context.Context, event.Actor, []string) (context.Context, error) {
	return func(ctx context.Context, by event.Actor, rights []string) (context.Context, error) {
		has, err := a.Of(ctx, by, uuid.Nil)
		if err != nil {
			return nil, err
		}
		rights = slices.DeleteFunc(slices.Clone(rights), func(r string) bool { return !slices.Contains(has.Rights, organization.Permission(r)) })
		if !slices.Contains(rights, string(organization.UsersImport)) {
			return nil, bulk.ErrRightLost
		}
		return organization.WithRights(ctx, rights), nil
	}
}

// mayExport implements bulk.Service.MayExport. Whoever reads an export slowly reads it for as long as they like.
func mayExport(a *authorities) func(context.Context, bool) error {
	return func(ctx context.Context, passwords bool) error {
		if !organization.Limited(ctx) {
			return nil
		}
		needs := organization.UsersExport
		if passwords {
			needs = organization.UsersExportPasswords
		}
		has, err := a.Of(ctx, event.ActorFrom(ctx, event.Actor{}), uuid.Nil)
		if err == nil && !slices.Contains(has.Rights, needs) {
			err = bulk.ErrRightLost
		}
		return err
	}
}

// imports makes what imports users, and has this process do it.
func (p *parts) imports(contract *admin.Contract) (err error) {
	p.bulk, err = NewBulk(p.cfg.Store, p.cfg.Root, p.directory, p.factors, p.roles, contract, p.cfg.Now)
	if err == nil {
		p.cfg.Store.Do(queue.Task{Name: storage.ImportTask, Run: p.bulk.Run})
	}
	return err
}
