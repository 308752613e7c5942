package storage

import (
	"cmp"
	"context"
	"time"

	"plinto/internal/freshness"
	"plinto/storage/internal/pg"
)

// ReplicaLagMost is how far a replica may be behind unless it is said.
const ReplicaLagMost = 5 * time.Second

// ReplicaState is what is known of a replica.
type ReplicaState = pg.ReplicaState

func (s *Store) openReplicas(ctx context.Context, cfg *Config, options pg.Options) (err error) {
	if len(cfg.Replicas) == 0 {
		return nil
	}
	urls := make([]string, len(cfg.Replicas))
	for i, u := range cfg.Replicas {
		urls[i] = u.Reveal()
	}
	if s.replicas, err = pg.OpenReplicas(ctx, options, urls, cmp.Or(cfg.ReplicaLag, ReplicaLagMost), s.system, s.log); err != nil {
		return err
	}
	s.DB.ReadFrom(s.replicas)
	return nil
}

// Written returns a position after everything that has been committed, for freshness.Display; zero
// where there are no replicas.
func (s *Store) Written(ctx context.Context) (freshness.Position, error) {
	if s.replicas == nil {
		return 0, nil
	}
	at, err := s.system.Written(ctx)
	return at, pg.Wrap("ask how far the database is", err)
}

// ProbeReplicas asks each replica how far it is, as Run does once a second.
func (s *Store) ProbeReplicas(ctx context.Context) {
	if s.replicas != nil {
		s.replicas.Probe(ctx)
	}
}

// Replicas returns what is known of each replica.
func (s *Store) Replicas() []ReplicaState {
	if s.replicas == nil {
		return nil
	}
	return s.replicas.States()
}
