package effort

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/bits"
	"time"

	"plinto/identity"
	"plinto/internal/secret"
	"plinto/tenant"
)

// Life is how long a challenge can be answered.
const Life = 10 * time.Minute

// levels are how hard challenges are: for each strain the zeros of the hash, which take 2^bits hashes on average, and
// how long the wait is instead. Browsers make some 50,000 to 200,000 hashes a second.
var levels = []struct {
	bits int
	wait time.Duration
}{1: {15, 10 * time.Second}, 2: {17, 20 * time.Second}}

// A Spent keeps challenges that were used.
type Spent interface {
	// Spend notes that a challenge was used, by its hash, until it expires, and reports whether it was not before.
	// One statement: of many at once one is the first.
	Spend(ctx context.Context, hash []byte, expires time.Time) (first bool, err error)
}

// A Service implements identity.Efforts.
type Service struct {
	Spent Spent
	Now   func() time.Time

	key [32]byte // signs challenges
}

// New returns s with the key that it derives from the root key.
func New(root secret.Root, s Service) *Service {
	s.key = root.Subkey("plinto/effort/v1")
	return &s
}

const (
	nonceSize = 12
	headSize  = nonceSize + 8 + 1 // nonce, time, level
)

// A challenge is one that was read.
type challenge struct {
	at    time.Time
	level int
}

func (c challenge) ready() time.Time   { return c.at.Add(levels[c.level].wait) }
func (c challenge) expires() time.Time { return c.at.Add(Life) }

// Demand implements identity.Efforts. It sends its statement last, for efforts that are good.
func (s *Service) Demand(ctx context.Context, e identity.Effort, purpose, name string, strain int) error {
	if strain <= 0 {
		return nil
	}
	now := s.Now()
	c, ours := s.read(ctx, &e, purpose, name)
	switch {
	case !ours, now.After(c.expires()), e.Work != "" && !solves(e.Challenge, e.Work, levels[c.level].bits):
		return s.ask(ctx, e.Browser, purpose, name, min(strain, len(levels)-1))
	case e.Work == "" && now.Before(c.ready()):
		return &identity.EffortDemanded{Challenge: e.Challenge, Bits: levels[c.level].bits, Wait: c.ready().Sub(now), Early: true}
	}
	first, err := s.Spent.Spend(ctx, secret.Hash("effort", tenant.Must(ctx).ID, e.Challenge), c.expires())
	switch {
	case err != nil:
		return fmt.Errorf("spend effort: %w", err)
	case !first:
		return s.ask(ctx, e.Browser, purpose, name, min(strain, len(levels)-1))
	}
	return nil
}

// ask demands an effort, with a new challenge.
func (s *Service) ask(ctx context.Context, browser, purpose, name string, level int) error {
	head := make([]byte, nonceSize, headSize+sha256.Size)
	_, _ = rand.Read(head) // never fails (crypto/rand)
	head = binary.BigEndian.AppendUint64(head, uint64(s.Now().Unix()))
	head = append(head, byte(level))
	text := base64.RawURLEncoding.EncodeToString(append(head, s.mac(ctx, browser, purpose, name, head)...))
	return &identity.EffortDemanded{Challenge: text, Bits: levels[level].bits, Wait: levels[level].wait}
}

func (s *Service) mac(ctx context.Context, browser, purpose, name string, head []byte) []byte {
	return secret.MAC(s.key, tenant.Must(ctx).ID.String(), browser, purpose, name, string(head))
}

// read opens a challenge, and reports whether it was made here for that.
func (s *Service) read(ctx context.Context, e *identity.Effort, purpose, name string) (c challenge, ours bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(e.Challenge)
	if err != nil || len(raw) != headSize+sha256.Size {
		return c, false
	}
	head, mac := raw[:headSize], raw[headSize:]
	if !hmac.Equal(mac, s.mac(ctx, e.Browser, purpose, name, head)) {
		return c, false
	}
	c.at, c.level = time.Unix(int64(binary.BigEndian.Uint64(head[nonceSize:])), 0), int(head[headSize-1])
	return c, c.level > 0 && c.level < len(levels)
}

// maxWork bounds the digits of a number.
const maxWork = 16

// solves reports whether the hash of a challenge and a number starts with that many zeros.
func solves(challenge, work string, zeros int) bool {
	if len(work) > maxWork {
		return false
	}
	sum := sha256.Sum256([]byte(challenge + "." + work))
	return bits.LeadingZeros64(binary.BigEndian.Uint64(sum[:])) >= zeros
}
