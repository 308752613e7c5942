package idempotency

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/secret"
)

const (
	// Life is how long an answer is kept.
	Life = 24 * time.Hour
	// lease is how long a request may take until somebody else may serve it: longer than any does.
	lease = 2 * time.Minute
)

// Errors of requests that are sent again.
var (
	ErrBusy     = fault.New(fault.Conflict, "idempotency_key_in_progress", "The first request with this Idempotency-Key is still being served. Send this one again in a moment.")
	ErrMismatch = fault.New(fault.Unprocessable, "idempotency_key_mismatch", "This Idempotency-Key was used for another request.")
)

// A Claimed is what is known of a request by its hash.
type Claimed struct {
	Mine        bool   // nobody else serves it: the caller does
	Fingerprint []byte // of the request that has the name
	Answer      []byte // sealed; nil while somebody serves it
}

// Keys keeps claims and answers of the context's tenant.
type Keys interface {
	// Claim claims the request of that hash for lease, unless it was answered less than life ago
	// or somebody else has claimed it and is at it.
	Claim(ctx context.Context, hash, fingerprint []byte, claim uuid.UUID, lease, life time.Duration) (Claimed, error)
	// Answer stores an answer in the transaction of ctx, which fails when the claim was lost.
	Answer(ctx context.Context, hash []byte, claim uuid.UUID, sealed []byte) error
	// Release gives up a claim without an answer.
	Release(ctx context.Context, hash []byte, claim uuid.UUID) error
}

// A Service serves requests once.
type Service struct {
	Keys Keys
	Box  *secret.Box
}

// A Request is what is served once.
type Request struct {
	hash, fingerprint []byte
	claim             uuid.UUID
	tenant            string
}

// Named returns the request that a caller of a tenant has named. parts are everything that its
// answer depends on.
func Named(tenant, caller, name string, parts ...[]byte) *Request {
	return &Request{hash: digest([]byte(tenant), []byte(caller), []byte(name)), fingerprint: digest(parts...), claim: uuid.New(), tenant: tenant}
}

// digest writes each part with its length in front: ("ab","c") and ("a","bc") differ.
func digest(parts ...[]byte) []byte {
	h := sha256.New()
	for _, p := range parts {
		_ = binary.Write(h, binary.BigEndian, uint64(len(p))) // a hash takes everything
		_, _ = h.Write(p)
	}
	return h.Sum(nil)
}

// Begin returns the answer that the request had before, or nil: then the caller serves it, and ends
// it by Finish or Release. ErrBusy, ErrMismatch.
func (s *Service) Begin(ctx context.Context, r *Request) ([]byte, error) {
	known, err := s.Keys.Claim(ctx, r.hash, r.fingerprint, r.claim, lease, Life)
	switch {
	case err != nil:
		return nil, err
	case known.Mine:
		return nil, nil
	case !bytes.Equal(known.Fingerprint, r.fingerprint):
		return nil, ErrMismatch
	case known.Answer == nil:
		return nil, ErrBusy
	}
	return s.Box.Open(known.Answer, r.context()...)
}

// Finish stores the answer with what the transaction of ctx changes.
func (s *Service) Finish(ctx context.Context, r *Request, answer []byte) error {
	return s.Keys.Answer(ctx, r.hash, r.claim, s.Box.Seal(answer, r.context()...))
}

// Release gives the request up: it changed nothing, and may be sent again.
func (s *Service) Release(ctx context.Context, r *Request) error {
	return s.Keys.Release(ctx, r.hash, r.claim)
}

func (r *Request) context() []string { return []string{"answer", r.tenant, string(r.hash)} }
