package webhook

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/internal/owner"
	"plinto/internal/secret"
	"plinto/tenant"
)

// A Transactor runs a function in one transaction.
type Transactor interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
}

// A Service changes endpoints and has deliveries made again. It is the only way to: command
// line, manifest and APIs all call it. Each change is one transaction with its event, or part
// of the transaction of ctx. A change that changes nothing has no event.
type Service struct {
	Endpoints  // as they are stored
	Writes     Writes
	Deliveries Deliveries
	Vault      Vault
	CheckURL   func(string) error // egress.Client.CheckURL
	Outbox     event.Outbox
	Tx         Transactor
	Now        func() time.Time
}

// Check returns what is wrong with a spec: ErrURL, ErrSpec.
func (s *Service) Check(spec Spec) error { return spec.check(s.CheckURL) }

// Create stores a new endpoint and returns it with the secret that its receiver needs, which
// is shown once. chosen is the secret of another server, or empty. ErrURL, ErrSpec, ErrSecret,
// ErrTooMany.
func (s *Service) Create(ctx context.Context, spec Spec, chosen secret.String) (Endpoint, Secrets, error) {
	t, err := tenant.From(ctx)
	if err != nil {
		return Endpoint{}, Secrets{}, err
	}
	spec.normalize()
	if err := spec.check(s.CheckURL); err != nil {
		return Endpoint{}, Secrets{}, err
	}
	e := Endpoint{ID: uuid.Must(uuid.NewV7()), Spec: spec, CreatedAt: s.Now(), Version: 1}
	secrets, err := NewSecrets(chosen)
	if err != nil {
		return Endpoint{}, Secrets{}, err
	}
	if e.Sealed, err = s.Vault.seal(t.ID, e.ID, secrets); err != nil {
		return Endpoint{}, Secrets{}, err
	}
	err = s.change(ctx, e.ID, func(ctx context.Context) (event.Fact, error) {
		return event.WebhookEndpointCreated{Events: e.Events}, s.Writes.Create(ctx, e)
	})
	return e, secrets, err
}

// updateTries is how often a change is decided anew when somebody else was faster.
const updateTries = 5

// Update changes the spec of an endpoint. edit gets it as it is stored; it is called again
// when somebody else changed it meanwhile. ErrNotFound, ErrURL, ErrSpec, fault.ErrChanged.
func (s *Service) Update(ctx context.Context, id uuid.UUID, edit func(*Spec)) (Endpoint, error) {
	for range updateTries {
		e, err := s.ByID(ctx, id)
		if err != nil {
			return e, err
		}
		before := e.Spec
		edit(&e.Spec)
		e.normalize()
		fields := differences(&before, &e.Spec)
		if len(fields) == 0 {
			return e, nil
		}
		if err := e.check(s.CheckURL); err != nil {
			return e, err
		}
		err = s.change(ctx, id, func(ctx context.Context) (event.Fact, error) {
			if err := owner.Admit(ctx, s.Writes, id); err != nil {
				return nil, err
			}
			return event.WebhookEndpointUpdated{Fields: fields}, s.Writes.SetSpec(ctx, e)
		})
		if !errors.Is(err, fault.ErrChanged) {
			return e, err
		}
	}
	return Endpoint{}, fmt.Errorf("update webhook endpoint: %w", fault.ErrChanged)
}

// MaxOverlap bounds how long two secrets sign: a secret that leaked must end.
const MaxOverlap = 7 * 24 * time.Hour

// Rotate gives an endpoint a new secret and key, which sign at once. The previous ones sign
// beside them for overlap, at most MaxOverlap; zero ends them at once. The secret of before a
// rotation whose overlap is not over ends. ErrNotFound, ErrSecret, ErrSpec.
func (s *Service) Rotate(ctx context.Context, id uuid.UUID, overlap time.Duration, chosen secret.String) (Secrets, error) {
	if overlap < 0 || overlap > MaxOverlap {
		return Secrets{}, ErrSpec.At(fault.Field{Pointer: "/overlap", Message: fmt.Sprintf("must be at most %s", MaxOverlap)})
	}
	t, err := tenant.From(ctx)
	if err != nil {
		return Secrets{}, err
	}
	secrets, err := NewSecrets(chosen)
	if err != nil {
		return secrets, err
	}
	e, err := s.ByID(ctx, id)
	if err != nil {
		return secrets, err
	}
	e.PreviousSealed, e.PreviousUntil = nil, time.Time{}
	if overlap > 0 {
		e.PreviousSealed, e.PreviousUntil = e.Sealed, s.Now().Add(overlap)
	}
	if e.Sealed, err = s.Vault.seal(t.ID, id, secrets); err != nil {
		return secrets, err
	}
	return secrets, s.change(ctx, id, func(ctx context.Context) (event.Fact, error) {
		return event.WebhookEndpointRotated{Overlap: int(overlap / time.Second)}, s.Writes.SetSecrets(ctx, e)
	})
}

// Enable has events sent to an endpoint again, and what waits first. ErrNotFound.
func (s *Service) Enable(ctx context.Context, id uuid.UUID) error {
	return s.switched(ctx, id, event.WebhookEndpointEnabled{}, func(ctx context.Context) (bool, error) {
		if err := owner.Admit(ctx, s.Writes, id); err != nil {
			return false, err
		}
		return s.Writes.Enable(ctx, id, s.Now())
	})
}

// Disable has nothing sent to an endpoint. What waits goes on waiting. What happens meanwhile
// is not sent later, unless the reason is Failing: then it waits too. ErrNotFound.
func (s *Service) Disable(ctx context.Context, id uuid.UUID, reason string) error {
	return s.switched(ctx, id, event.WebhookEndpointDisabled{Reason: reason}, func(ctx context.Context) (bool, error) {
		if reason == ByOperator {
			if err := owner.Admit(ctx, s.Writes, id); err != nil {
				return false, err
			}
		}
		return s.Writes.Disable(ctx, id, reason)
	})
}

func (s *Service) switched(ctx context.Context, id uuid.UUID, fact event.Fact, do func(context.Context) (bool, error)) error {
	return s.change(ctx, id, func(ctx context.Context) (event.Fact, error) {
		changed, err := do(ctx)
		if err != nil || !changed {
			return nil, err
		}
		return fact, nil
	})
}

// Delete removes an endpoint with its deliveries. ErrNotFound.
func (s *Service) Delete(ctx context.Context, id uuid.UUID) error {
	return s.change(ctx, id, func(ctx context.Context) (event.Fact, error) {
		if err := owner.Admit(ctx, s.Writes, id); err != nil {
			return nil, err
		}
		return event.WebhookEndpointDeleted{}, s.Writes.Delete(ctx, id)
	})
}

// Test has an event sent to an endpoint and to no other, and returns the event's id.
// ErrNotFound, ErrDisabled.
func (s *Service) Test(ctx context.Context, id uuid.UUID) (uuid.UUID, error) {
	e, err := s.ByID(ctx, id)
	if err != nil {
		return uuid.Nil, err
	}
	if !e.DisabledAt.IsZero() {
		return uuid.Nil, ErrDisabled
	}
	told := uuid.Must(uuid.NewV7())
	return told, s.Tx.InTx(ctx, func(ctx context.Context) error {
		return s.Outbox.Append(ctx, s.event(ctx, id, told, event.WebhookEndpointTested{}))
	})
}

// change makes one change in a transaction, with the event that it returns; none when
// nothing changed.
func (s *Service) change(ctx context.Context, id uuid.UUID, do func(context.Context) (event.Fact, error)) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		fact, err := do(ctx)
		if err != nil || fact == nil {
			return err
		}
		return s.Outbox.Append(ctx, s.event(ctx, id, uuid.Must(uuid.NewV7()), fact))
	})
}

func (s *Service) event(ctx context.Context, endpoint, id uuid.UUID, fact event.Fact) event.Event {
	subject := Endpoint{ID: endpoint}
	return event.Event{
		ID: id, Fact: fact, Outcome: "success", Actor: event.ActorFrom(ctx, event.Actor{Type: "system"}), Subject: subject.PublicID(),
	}
}
