package passkey

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"plinto/internal/secret"
	"plinto/tenant"
)

// A Ceremony is what a challenge is for: who may answer it, and where.
type Ceremony struct {
	// Flow is the flow of the browser that gets the challenge. Only that browser has it.
	Flow string
	// Step tells the pages of a flow apart: an answer to one is none to another.
	Step string
	// User is whose passkey it has to be, or "" for anybody's.
	User string
}

// ChallengeLife is how long a challenge can be answered.
const ChallengeLife = 10 * time.Minute

const (
	nonceSize     = 16
	challengeSize = nonceSize + 8 + sha256.Size
)

// challenge makes one: a nonce, the time, and a MAC over both and what it is for.
func (s *Service) challenge(ctx context.Context, c Ceremony) []byte {
	out := make([]byte, nonceSize, challengeSize)
	_, _ = rand.Read(out) // never fails (crypto/rand)
	out = binary.BigEndian.AppendUint64(out, uint64(s.Now().Unix()))
	return append(out, s.mac(ctx, c, out)...)
}

func (s *Service) mac(ctx context.Context, c Ceremony, nonce []byte) []byte {
	return secret.MAC(s.key, tenant.Must(ctx).ID.String(), c.Flow, c.Step, c.User, string(nonce))
}

// check returns until when a challenge can be answered. ErrExpired; ErrRefused for one that
// was not made for this ceremony.
func (s *Service) check(ctx context.Context, c Ceremony, challenge []byte) (time.Time, error) {
	if len(challenge) != challengeSize {
		return time.Time{}, ErrRefused.With(errForeign)
	}
	head, mac := challenge[:nonceSize+8], challenge[nonceSize+8:]
	if !hmac.Equal(mac, s.mac(ctx, c, head)) {
		return time.Time{}, ErrRefused.With(errForeign)
	}
	until := time.Unix(int64(binary.BigEndian.Uint64(head[nonceSize:])), 0).Add(ChallengeLife)
	if s.Now().After(until) {
		return time.Time{}, ErrExpired
	}
	return until, nil
}

// challengeHash is how a spent challenge is kept.
func challengeHash(ctx context.Context, challenge []byte) []byte {
	return secret.Hash("challenge", tenant.Must(ctx).ID, string(challenge))
}
