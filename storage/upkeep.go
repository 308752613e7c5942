package storage

import (
	"plinto/identity"
	"plinto/organization/domain"
	"plinto/storage/queue"
)

// upkeep is the work that comes again and again, in one process of all.
func (s *Store) upkeep(cfg Config) ([]queue.Upkeep, error) {
	ends := &expiry{s.system, s.Tenants, s.Sessions, &identity.SessionEnder{Sessions: s.Sessions, Outbox: s.Outbox, Tx: s.DB}}
	gone := &deletion{s.system, s.Tenants, &identity.Directory{
		Users: s.Users, Writes: s.Users, Deletions: s.Users, Sessions: s.Sessions, Outbox: s.Outbox, Tx: s.DB,
	}}
	domains := &domainCheck{s.system, s.Tenants, &domain.Service{Domains: s.Domains, Resolver: s.DNS, Outbox: s.Outbox, Tx: s.DB}}
	all := []queue.Upkeep{cleanup(s.system.Pool()), auditUpkeep(s.system, cfg.AuditRetention), ends.upkeep(), gone.upkeep(), domains.upkeep(), s.Statistics.upkeep(), s.Webhooks.upkeep(), s.Jobs.upkeep()}
	sealer, err := newSealer(cfg, s.AuditSeals)
	if err != nil {
		return nil, err
	}
	if sealer != nil {
		all = append(all, sealUpkeep(sealer))
	}
	return all, nil
}
