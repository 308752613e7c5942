package storage

import (
	"time"

	"plinto/federation"
	"plinto/identity"
	"plinto/organization/domain"
	"plinto/storage/queue"
)

// upkeep is the work that comes again and again, in one process of all.
func (s *Store) upkeep(cfg Config) ([]queue.Upkeep, error) {
	ender := &identity.SessionEnder{Sessions: s.Sessions, Outbox: s.Outbox, Tx: s.DB}
	directory := &identity.Directory{Users: s.Users, Writes: s.Users, Deletions: s.Users, Sessions: s.Sessions, Outbox: s.Outbox, Tx: s.DB}
	domains := &domain.Service{Domains: s.Domains, Resolver: s.DNS, Outbox: s.Outbox, Tx: s.DB}
	connections := &federation.Service{Connections: s.Connections, Writes: s.Connections, Outbox: s.Outbox, Tx: s.DB, Now: time.Now}
	sealer, err := newSealer(cfg, s.AuditSeals)
	if err != nil {
		return nil, err
	}
	places := []func(*System) queue.Upkeep{
		cleanup,
		func(at *System) queue.Upkeep { return auditUpkeep(at, cfg.AuditRetention) },
		func(at *System) queue.Upkeep { return (&expiry{at, s.Tenants, s.Sessions, ender}).upkeep() },
		func(at *System) queue.Upkeep { return (&deletion{at, s.Tenants, directory}).upkeep() },
		func(at *System) queue.Upkeep { return (&domainCheck{at, s.Tenants, domains}).upkeep() },
		func(at *System) queue.Upkeep { return (&certificateCheck{at, s.Tenants, connections}).upkeep() },
		s.Statistics.upkeep, s.Webhooks.upkeep, s.Jobs.upkeep,
	}
	var all []queue.Upkeep
	if sealer != nil {
		all = append(all, sealUpkeep(sealer, s.Tenants)) // which looks everywhere itself
	}
	all = append(all, s.Tenants.facts(s.system).upkeep(), (&tenantDeletion{s.Tenants}).upkeep())
	for _, at := range places {
		all = append(all, everywhere(s.Tenants, at))
	}
	return all, nil
}
