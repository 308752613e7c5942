package app

import (
	"time"

	"plinto/admin"
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
	return bulk.New(root, bulk.Service{
		Jobs: s.Jobs, Users: s.Users, Directory: d, Apps: apps, Check: contract.CheckImport,
		Act: roles.ActOnUser, Rights: organization.RightsNow, WithRights: organization.WithRights, Outbox: s.Outbox, Tx: s.DB, Now: now,
	})
}

// imports makes what imports users, and has this process do it.
func (p *parts) imports(contract *admin.Contract) (err error) {
	p.bulk, err = NewBulk(p.cfg.Store, p.cfg.Root, p.directory, p.factors, p.roles, contract, p.cfg.Now)
	if err == nil {
		p.cfg.Store.Do(queue.Task{Name: storage.ImportTask, Run: p.bulk.Run})
	}
	return err
}
