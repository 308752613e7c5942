package storage

import (
	"context"
	"sync"

	"plinto/event"
	"plinto/storage/queue"
	"plinto/storage/schema"
	"plinto/tenant"
)

// Check looks whether the database can be worked with: see schema.Check.
func (s *Store) Check(ctx context.Context) ([]schema.Finding, error) {
	findings, err := schema.Check(ctx, s.system)
	if err != nil || len(findings) > 0 || s.DB.Pooler() == "" {
		return findings, err
	}
	return schema.CheckPooler(ctx, s.DB, s.system)
}

// Ready reports whether requests can be served: see schema.Ready.
func (s *Store) Ready(ctx context.Context) error { return schema.Ready(ctx, s.system, s.now) }

// Handle has a subscriber handle the events of its subscription, which is one of
// Config.Subscriptions. It must come before Run, and before anything is written.
func (s *Store) Handle(by event.Subscriber) { s.Outbox.subscribers.Handle(by) }

// Do has this process do a task when a job of it comes. It must come before Run.
func (s *Store) Do(t queue.Task) { s.Outbox.subscribers.Do(t) }

// OnChange calls f when a row of table changed in a tenant, on any instance, and
// onAll when such changes may have been missed.
func (s *Store) OnChange(table string, f func(tenant.ID), onAll func()) {
	s.changes.On(table, f)
	s.changes.OnMissed(onAll)
}

// Run listens for changes and works the queue off until ctx ends.
func (s *Store) Run(ctx context.Context) error {
	var all sync.WaitGroup
	var err error
	all.Go(func() { s.changes.Run(ctx) })
	all.Go(func() { s.own.Run(ctx) })
	all.Go(func() { s.lookAtRedis(ctx) })
	all.Go(func() { s.system.Watch(ctx) })
	if s.replicas != nil {
		all.Go(func() { s.replicas.Run(ctx) })
	}
	if s.worker != nil {
		all.Go(func() { err = s.worker.Run(ctx) })
		all.Go(func() { s.rotation.Run(ctx) })
	}
	all.Wait()
	return err
}

// Close closes every connection.
func (s *Store) Close() {
	s.DB.Close()
	s.system.Close()
	if err := s.redis.close(); err != nil {
		s.log.Warn("close redis", "error", err)
	}
}
