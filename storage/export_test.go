package storage

import "plinto/storage/queue"

// Upkeep is what a store of that configuration does again and again.
func (s *Store) Upkeep(cfg Config) ([]queue.Upkeep, error) { return s.upkeep(cfg) }

// Source is where jobs find what they name.
func (s *Store) Source() queue.Source { return &jobSource{System: s.system, tenants: s.Tenants} }
