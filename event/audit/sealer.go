package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/tenant"
)

const (
	// HeadAfter is how long leaves are without a signed head at most, and how far heads of
	// one tenant are apart at least, unless somebody asks for one.
	HeadAfter = time.Minute
	// anchorEvery is how often the newest head of a tenant is logged at most.
	anchorEvery = 5 * time.Minute
	// batchRows is how many rows are sealed in one transaction: some ten milliseconds, for
	// which a user who is being deleted may wait.
	batchRows = 1000
	// sealTries is how often a batch is tried again when somebody else was in the way.
	sealTries = 20
)

// ErrBusy reports a tree that others kept locked, or changed.
var ErrBusy = fault.New(fault.Unavailable, "audit_log_busy", "The audit log is being sealed. Please try again in a moment.")

// A Sealer adds the rows of the log to the trees of their tenants. Any number may work at
// once: the store lets one at a tenant.
type Sealer struct {
	Seals Seals
	Vault *Vault
	Now   func() time.Time
	Log   *slog.Logger

	mu       sync.Mutex
	anchored map[tenant.ID]time.Time
}

// Run seals everything that waits.
func (s *Sealer) Run(ctx context.Context) error {
	if err := s.Seals.Waiting(ctx, HeadAfter, s.all); err != nil {
		return fmt.Errorf("seal the audit log: %w", err)
	}
	return nil
}

// all seals everything of tenants, who take turns, a batch each.
func (s *Sealer) all(ctx context.Context, waiting []tenant.ID) (failed error) {
	for len(waiting) > 0 {
		var more []tenant.ID
		for _, of := range waiting {
			left, err := s.batch(ctx, of, false)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil { // the tenants after it must not wait for it
				failed = errors.Join(failed, err)
			} else if left {
				more = append(more, of)
			}
		}
		waiting = more
	}
	return failed
}

// Seal seals everything of one tenant and signs a head of it.
func (s *Sealer) Seal(ctx context.Context, of tenant.ID) error {
	for {
		more, err := s.batch(ctx, of, true)
		if err != nil || !more {
			return err
		}
	}
}

// batch seals some rows of a tenant, and reports whether there may be more. sign: with a head, however new the last one is.
func (s *Sealer) batch(ctx context.Context, of tenant.ID, sign bool) (more bool, err error) {
	for range sealTries {
		var sealed *Sealed
		more, err = s.Seals.Seal(ctx, of, batchRows, func(b *Batch) (_ *Sealed, err error) {
			sealed, err = s.seal(b, sign)
			return sealed, err
		})
		if err == nil {
			s.anchor(ctx, of, sealed)
			return more, nil
		}
		if !errors.Is(err, ErrBusy) {
			break
		}
	}
	return false, fmt.Errorf("seal audit rows of tenant %s: %w", of, err)
}

// seal makes the leaves of a batch.
func (s *Sealer) seal(b *Batch, sign bool) (*Sealed, error) {
	out := &Sealed{Details: map[uuid.UUID]SealedDetail{}, Persons: map[string]PersonKey{}}
	boxes := map[string]*secret.Box{}
	var hashes []Hash
	var buf []byte
	for i := range b.Rows {
		r := &b.Rows[i]
		leaf := Leaf{Seq: b.Size + int64(i), ID: r.ID, OccurredAt: r.OccurredAt}
		if !r.Gone {
			leaf.Row, buf = HashRow(buf, &r.Row)
			detail, err := s.detail(b, out, boxes, r)
			if err != nil {
				return nil, err
			}
			if detail != nil {
				leaf.Detail = detail.hash()
				out.Details[r.ID] = *detail
			}
		}
		var hash Hash
		hash, buf = HashLeaf(buf, b.Tenant, &leaf)
		out.Leaves, hashes = append(out.Leaves, leaf), append(hashes, hash)
	}
	tiles, root, err := extend(b.Size, b.Edge, hashes)
	if err != nil {
		return nil, err
	}
	out.Tiles = tiles
	return out, s.sign(b, out, root, sign)
}

// detail encrypts the detail of a row, if it has any and the person was not erased.
func (s *Sealer) detail(b *Batch, out *Sealed, boxes map[string]*secret.Box, r *Pending) (*SealedDetail, error) {
	if r.Detail == nil {
		return nil, nil
	}
	person := PersonOf(&r.Row)
	box, known := boxes[person]
	if !known {
		key, stored := b.Persons[person]
		if !stored {
			key = s.Vault.newPersonKey(b.Tenant, person)
			out.Persons[person] = key
		}
		var err error
		if box, err = s.Vault.person(b.Tenant, person, key); err != nil && !errors.Is(err, ErrErased) {
			return nil, err
		}
		boxes[person] = box
	}
	if box == nil {
		return nil, nil
	}
	sealed := sealDetail(box, b.Tenant, &r.Row, person, r.Detail)
	return &sealed, nil
}

// sign adds a signed head when it is time for one. Clocks may have been set back.
func (s *Sealer) sign(b *Batch, out *Sealed, root Hash, always bool) error {
	size, now := b.Size+int64(len(b.Rows)), s.Now()
	due := always || now.Sub(b.Newest.SignedAt).Abs() >= HeadAfter
	if size == b.Newest.Size || !due {
		return nil
	}
	stored := b.Key
	if stored == nil {
		fresh, err := s.Vault.newKey(b.Tenant)
		if err != nil {
			return err
		}
		stored, out.Key = &fresh, &fresh
	}
	key, err := s.Vault.openKey(b.Tenant, *stored)
	if err != nil {
		return err
	}
	out.Head = &Head{Size: size, Root: root, SignedAt: now, Previous: b.Newest.Size}
	out.Note, err = key.sign(b.Tenant, out.Head)
	return err
}

// anchor logs a new head, so that it is also where nobody of the database can change it.
func (s *Sealer) anchor(ctx context.Context, of tenant.ID, sealed *Sealed) {
	if sealed == nil || sealed.Head == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	if last, ok := s.anchored[of]; ok && now.Sub(last).Abs() < anchorEvery {
		return
	}
	if s.anchored == nil {
		s.anchored = map[tenant.ID]time.Time{}
	}
	s.anchored[of] = now
	s.Log.InfoContext(ctx, "audit log signed", "tenant", of.String(), "size", sealed.Head.Size, "head", sealed.Note)
}
