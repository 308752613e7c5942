package queue

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"plinto/event"
	"plinto/tenant"
)

// A delivery is the job of telling one subscriber of one event.
type delivery struct {
	TenantID   uuid.UUID `json:"tenant_id"`
	EventID    uuid.UUID `json:"event_id"`
	Subscriber string    `json:"subscriber"`
}

// Kind implements river.JobArgs.
func (delivery) Kind() string { return "event_delivery" }

// A Delivery is an event that a subscription wants.
type Delivery struct {
	Event uuid.UUID
	To    *event.Subscription
}

// A Queue takes jobs in the transaction of the change they follow from.
type Queue struct {
	client   *river.Client[pgx.Tx] // inserts only, and only in transactions: it has no pool
	backlogs *backlogs
	queued   func(context.Context, tenant.ID)
	wake     func(tenant.ID)
}

// On has queued called after jobs of a tenant were inserted, before their transaction commits, and wake by Wake. It must
// come before the first.
func (q *Queue) On(queued func(context.Context, tenant.ID), wake func(tenant.ID)) {
	q.queued, q.wake = queued, wake
}

// Wake has the queue in the database of a tenant worked off now, where this process does that: upkeep has
// committed jobs there, of which queued was told nothing.
func (q *Queue) Wake(id tenant.ID) {
	if q.wake != nil {
		q.wake(id)
	}
}

// insert inserts jobs of a tenant.
func (q *Queue) insert(ctx context.Context, tx pgx.Tx, id tenant.ID, jobs []river.InsertManyParams) error {
	if err := because(ctx, jobs); err != nil {
		return err
	}
	_, err := q.client.InsertManyTx(ctx, tx, jobs)
	if err == nil && q.queued != nil {
		q.queued(ctx, id)
	}
	return err
}

// New returns a queue that logs what goes wrong to log.
func New(log *slog.Logger) (*Queue, error) {
	client, err := river.NewClient(riverpgxv5.New(nil), &river.Config{Logger: log})
	if err != nil {
		return nil, fmt.Errorf("make queue client: %w", err)
	}
	return &Queue{client: client, backlogs: newBacklogs()}, nil
}

// Insert queues all deliveries of a tenant by one statement in tx. Errors are those of
// Postgres.
func (q *Queue) Insert(ctx context.Context, tx pgx.Tx, id tenant.ID, deliveries []Delivery) error {
	jobs := make([]river.InsertManyParams, len(deliveries))
	for i, d := range deliveries {
		lane := laneOf(d.To)
		jobs[i] = river.InsertManyParams{
			Args:       delivery{TenantID: uuid.UUID(id), EventID: d.Event, Subscriber: d.To.Name},
			InsertOpts: &river.InsertOpts{Queue: lane, Priority: q.backlogs.priority(id, lane, time.Now())},
		}
	}
	return q.insert(ctx, tx, id, jobs)
}

// laneOf is the name of the subscription's part of the queue in the database.
func laneOf(s *event.Subscription) string {
	if s.Lane == event.LaneDefault {
		return river.QueueDefault
	}
	return string(s.Lane)
}
