package ownership

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/owner"
)

// A Transactor runs fn in one transaction.
type Transactor interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
}

// A Service changes the owners of resources. Each change is one transaction with its event, or part
// of the transaction of ctx.
type Service struct {
	Outbox event.Outbox
	Tx     Transactor
}

// A Resource is what can have an owner.
type Resource struct {
	owner.Rows // of its kind
	Kind       string
	ID         uuid.UUID
	Subject    string // as events name it
}

// Settle gives a resource the owner that it has after a change by whoever ctx says: owner.Declare,
// owner.Release. A change that changes nothing has no event. owner.ErrOwned.
func (s *Service) Settle(ctx context.Context, r Resource) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		has, err := r.LockOwner(ctx, r.ID)
		if err != nil {
			return fmt.Errorf("find owner: %w", err)
		}
		becomes, err := owner.Decide(ctx, has)
		if err != nil || becomes == has {
			return err
		}
		if err := r.SetOwner(ctx, r.ID, becomes); err != nil {
			return fmt.Errorf("set owner: %w", err)
		}
		return s.Outbox.Append(ctx, event.Event{
			Fact: event.OwnerChanged{Resource: r.Kind, From: has, To: becomes}, Outcome: "success",
			Actor: event.ActorFrom(ctx, event.Actor{Type: "operator"}), Subject: r.Subject,
		})
	})
}
