package storage

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"plinto/federation"
	"plinto/identity"
	"plinto/organization/apikey"
	"plinto/organization/domain"
	"plinto/provider"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
)

// upkeep is the work that comes again and again, in one process of all.
func (s *Store) upkeep(cfg Config) ([]queue.Upkeep, error) {
	directory := &identity.Directory{Users: s.Users, Writes: s.Users, Deletions: s.Users, Sessions: s.Sessions, Outbox: s.Outbox, Tx: s.DB}
	domains := &domain.Service{Domains: s.Domains, Resolver: s.DNS, Turns: s.DNSTurns, Outbox: s.Outbox, Tx: s.DB}
	connections := &federation.Service{Connections: s.Connections, Writes: s.Connections, Outbox: s.Outbox, Tx: s.DB, Now: time.Now}
	keys := &apikey.Service{Store: s.APIKeys, Outbox: s.Outbox, Tx: s.DB, Now: time.Now}
	secrets := &provider.SecretReminders{Secrets: s.Clients, Clients: s.Clients, Outbox: s.Outbox, Tx: s.DB}
	sealer, err := newSealer(cfg, s.AuditSeals)
	if err != nil {
		return nil, err
	}
	places := []func(*System) queue.Upkeep{
		cleanup,
		func(at *System) queue.Upkeep { return auditUpkeep(at, cfg.AuditRetention) },
		func(at *System) queue.Upkeep { return (&expiry{at, s.Tenants, s.Sessions, s.Users.ender}).upkeep() },
		func(at *System) queue.Upkeep { return (&deletion{at, s.Tenants, directory}).upkeep() },
		func(at *System) queue.Upkeep { return (&domainCheck{at, s.Tenants, domains}).upkeep() },
		func(at *System) queue.Upkeep { return (&certificateCheck{at, s.Tenants, connections}).upkeep() },
		func(at *System) queue.Upkeep { return (&metadataRefresh{at, s.Tenants, s.provider}).upkeep() },
		func(at *System) queue.Upkeep { return (&reminding{at, s.Tenants, keys, secrets}).upkeep() },
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
	each := &minutely{tenants: s.Tenants}
	for i := range all {
		if all[i].Every == time.Minute {
			all[i].Due = each.due(all[i].Name)
		}
	}
	return all, nil
}

// dueEachMinute are the names of the upkeeps of each minute that have something to do in the shared tables. Of sessions and
// tenants the first one is looked up by its index: asked whether there is any, Postgres reads the whole table until it finds one,
// and mostly there is none.
const dueEachMinute = `
	SELECT name FROM (VALUES
		('session_expiry', (SELECT ` + sessionEnds + ` FROM sessions s WHERE s.ended_at IS NULL ORDER BY 1 LIMIT 1) <= now() AT TIME ZONE 'UTC'),
		('tenant_facts', EXISTS (SELECT FROM tenant_facts)),
		('tenant_deletion', (SELECT deleting_at FROM tenants WHERE deleting_at IS NOT NULL ORDER BY deleting_at LIMIT 1) IS NOT NULL),
		('webhooks', EXISTS (SELECT FROM webhook_drains d, webhook_endpoints w WHERE ` + lostDrain + `)),
		('jobs', EXISTS (SELECT FROM jobs j WHERE ` + lostJob + `))) u (name, due) WHERE due`

// A minutely says which upkeeps that come each minute are due. They ask at the same moment, so one statement answers all. Where
// tenants have tables of their own, all are.
type minutely struct {
	tenants *Tenants

	mu  sync.Mutex
	at  time.Time
	all []string
	err error
}

func (m *minutely) due(name string) func(context.Context) bool {
	return func(ctx context.Context) bool {
		if places, err := m.tenants.placesFound(ctx, placesForgotten); err != nil || len(places) > 0 {
			return true
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		if time.Since(m.at) > placesKept {
			m.all, m.err = pg.SystemQuery(pg.Repeated(ctx), m.tenants.System, pgx.RowTo[string], dueEachMinute)
			m.at = time.Now()
		}
		return m.err != nil || slices.Contains(m.all, name)
	}
}
