package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/tenant"
)

// A Move is a tenant on its way from one place to another.
type Move struct {
	Tenant   tenant.ID
	From, To tenant.Placement // with the URL of a database, whichever it is
	Attempt  uuid.UUID        // of the process that moves it
	Switched time.Time        // since when it is where it was moved to; zero: it is on its way
}

// Moves stores and makes moves. Begin and Settle are part of the transaction of ctx, the others need none.
type Moves interface {
	// Complete returns a placement with the URL of the database, also of the one that is named after the tenant.
	Complete(id tenant.ID, p tenant.Placement) (tenant.Placement, error)
	// Find returns the move of a tenant that is not over. ErrNoMove.
	Find(ctx context.Context, id tenant.ID) (Move, error)
	// Begin has a tenant be nowhere, and notes the move. fault.ErrChanged when it is not where the move is from.
	Begin(ctx context.Context, m Move) error
	// Take has an attempt go on with a move that is on its way; that of another process cannot settle it any more.
	// ErrNoMove.
	Take(ctx context.Context, m Move) error
	// Copy closes the old place to everybody, copies everything into the new one, and compares the two. ErrNoMove when another attempt
	// goes on with the move.
	Copy(ctx context.Context, m Move, tell func(Progress)) error
	// Clear undoes Copy: the old place is open again. What it cannot remove of the new one, the next Copy does. ErrNoMove as of Copy.
	Clear(ctx context.Context, m Move) error
	// Settle has the tenant be in the new place, or the old one again. ErrNoMove when another attempt goes on with it.
	Settle(ctx context.Context, m Move, moved bool) error
	// Drop removes what the tenant has in the old place, and then the note of the move.
	Drop(ctx context.Context, m Move) error
}

// Progress is how far the copying is.
type Progress struct {
	Table string
	Rows  int64 // when the table is done; -1: it is being copied
	Bytes int64
}

// Errors about moves.
var (
	ErrNoMove     = fault.New(fault.NotFound, "no_move", "The tenant is not being moved.")
	ErrThere      = fault.New(fault.Conflict, "already_there", "The tenant is there already.")
	ErrUnfinished = fault.New(fault.Conflict, "move_unfinished",
		"The tenant is being moved elsewhere. Finish that move with the same --to, or undo it with --cancel.")
	ErrUnconfirmed = fault.New(fault.Conflict, "move_unconfirmed",
		"The tenant was moved, and its old copy is there. Confirm that with plinto tenant move --confirm first: it removes the copy.")
	ErrMoved = fault.New(fault.Conflict, "move_finished",
		"The tenant has been moved, and was used since. Confirm the move, and move it back if that is what you want.")
)

// Move moves a tenant to another place and returns it as it is read. While that lasts it is nowhere, and servers
// answer 503. The old copy stays until Confirm. A move that was interrupted goes on, when it is to the same place;
// one that fails is undone. ErrThere, ErrUnfinished, ErrUnconfirmed, ErrPlacement.
func (s *Service) Move(ctx context.Context, slug string, to tenant.Placement, tell func(Progress)) (*tenant.Tenant, error) {
	t, err := s.readable(ctx, slug)
	if err != nil {
		return nil, err
	}
	if to, err = s.Moves.Complete(t.ID, to); err != nil {
		return nil, err
	}
	m, err := s.Moves.Find(ctx, t.ID)
	switch {
	case errors.Is(err, ErrNoMove):
		m, err = s.begin(ctx, t, to)
	case err != nil:
	case !m.Switched.IsZero() && m.To == to:
		return nil, ErrThere
	case !m.Switched.IsZero():
		return nil, ErrUnconfirmed
	case m.To != to:
		return nil, ErrUnfinished
	default:
		m.Attempt = uuid.New()
		err = s.Moves.Take(ctx, m)
	}
	if err != nil {
		return nil, err
	}
	if err := s.finish(ctx, t, m, tell); err != nil {
		return nil, errors.Join(err, s.undo(context.WithoutCancel(ctx), m))
	}
	return s.Tenants.Current(ctx, slug)
}

// begin makes the new place and has the tenant be nowhere.
func (s *Service) begin(ctx context.Context, t *tenant.Tenant, to tenant.Placement) (Move, error) {
	m := Move{Tenant: t.ID, From: t.Placement, To: to, Attempt: uuid.New()}
	if m.From == m.To {
		return m, ErrThere
	}
	if err := s.prepare(ctx, *t, to); err != nil {
		return m, err
	}
	return m, s.Tx.InTx(ctx, func(ctx context.Context) error { return s.Moves.Begin(ctx, m) })
}

func (s *Service) prepare(ctx context.Context, t tenant.Tenant, to tenant.Placement) error {
	t.Placement = to
	return s.Writes.Prepare(ctx, t)
}

// finish copies the tenant and has it be in the new place.
func (s *Service) finish(ctx context.Context, t *tenant.Tenant, m Move, tell func(Progress)) error {
	if err := s.prepare(ctx, *t, m.To); err != nil { // of a move that was interrupted, too
		return err
	}
	if err := s.Moves.Copy(ctx, m, tell); err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Moves.Settle(ctx, m, true); err != nil {
			return err
		}
		onItsWay := *t // it is told of this in the new place, when it is there
		onItsWay.Placement = tenant.Placement{Isolation: tenant.Moving}
		return s.appendEvent(ctx, &onItsWay, event.TenantMoved{From: string(m.From.Isolation), To: string(m.To.Isolation)})
	})
}

// undo takes a move back that failed, unless it is over after all, or another process goes on with it.
func (s *Service) undo(ctx context.Context, m Move) error {
	now, err := s.Moves.Find(ctx, m.Tenant)
	switch {
	case errors.Is(err, ErrNoMove):
		return nil
	case err != nil:
		return err
	case !now.Switched.IsZero() || now.Attempt != m.Attempt:
		return nil
	}
	if err := s.Moves.Clear(ctx, m); err != nil {
		if errors.Is(err, ErrNoMove) { // taken over since it was looked for
			return nil
		}
		return fmt.Errorf("undo the move: %w", err)
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error { return s.Moves.Settle(ctx, m, false) })
	if err != nil {
		return fmt.Errorf("undo the move: %w", err)
	}
	return nil
}

// CancelMove undoes a move that was interrupted: the tenant is where it was. ErrNoMove; ErrMoved of one that is over.
func (s *Service) CancelMove(ctx context.Context, slug string) (*tenant.Tenant, error) {
	t, m, err := s.moving(ctx, slug)
	if err != nil {
		return nil, err
	}
	if !m.Switched.IsZero() {
		return nil, ErrMoved
	}
	m.Attempt = uuid.New()
	if err := s.Moves.Take(ctx, m); err != nil {
		return nil, err
	}
	if err := s.undo(ctx, m); err != nil {
		return nil, err
	}
	return s.Tenants.Current(ctx, t.Slug)
}

// ConfirmMove removes the old copy of a tenant that was moved. ErrNoMove, ErrUnfinished.
func (s *Service) ConfirmMove(ctx context.Context, slug string) (Move, error) {
	_, m, err := s.moving(ctx, slug)
	if err != nil {
		return m, err
	}
	if m.Switched.IsZero() {
		return m, ErrUnfinished
	}
	return m, s.Moves.Drop(ctx, m)
}

func (s *Service) moving(ctx context.Context, slug string) (*tenant.Tenant, Move, error) {
	t, err := s.Tenants.Current(ctx, slug)
	if err != nil {
		return nil, Move{}, err
	}
	m, err := s.Moves.Find(ctx, t.ID)
	return t, m, err
}
