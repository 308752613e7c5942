package domain

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plinto/internal/admission"
	"plinto/internal/fair"
	"plinto/tenant"
)

const (
	looksAtOnce   = 16 // each up to lookTimeout
	looksOfTenant = 6
	looksOfOwner  = 2
	looksWaiting  = 32 // of a tenant: those beyond would not get their turn in time
	looksWait     = 5 * time.Second
)

// Turns are in which order look-ups in the DNS are made, which may take seconds: few at once, by tenants and then organizations in turns.
type Turns struct{ queue *fair.Queue }

// NewTurns returns those of a process.
func NewTurns() *Turns {
	return &Turns{fair.New(looksWait, fair.Level{Places: looksAtOnce}, fair.Level{Places: looksOfTenant, Queue: looksWaiting}, fair.Level{Places: looksOfOwner})}
}

// take waits for the turn of the organization of a domain; done ends it and is called once. ErrBusy (with RetryAfter).
func (t *Turns) take(ctx context.Context, d *Domain) (done func(), err error) {
	admission.Release(ctx) // the servers of others may be slow
	if t == nil {
		return func() {}, nil
	}
	done, err = t.queue.Enter(ctx, tenant.Must(ctx).ID.String(), d.Organization.String())
	if errors.Is(err, fair.ErrFull) || errors.Is(err, fair.ErrLate) {
		return nil, ErrBusy.With(err).After(looksWait)
	}
	if err != nil {
		return nil, fmt.Errorf("wait for look-up: %w", err)
	}
	return done, nil
}
