package identity

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"plinto/tenant"
)

// HashKinds knows what hashes a tenant's users have.
type HashKinds interface {
	// HashKinds returns one encoded hash of each kind and cost, eight at most.
	HashKinds(ctx context.Context) ([]string, error)
}

// A Leveller lets every refusal take as long as the slowest: the time must not tell
// an imported hash, or one of an older cost, from the dummy of an unknown name
// (ENU-08). Where all hashes are alike it waits for nothing.
type Leveller struct {
	Kinds  HashKinds
	Hasher PasswordHasher

	surveyed sync.Map // tenant.ID → time.Time of the last look at its kinds
}

// surveyEvery is how often a tenant's hashes are looked at: imports are rare.
const surveyEvery = time.Hour

// Wait waits until a refusal that began then may be told. Only refusals wait, which
// are counted, and nothing is held meanwhile but the connection.
func (l *Leveller) Wait(ctx context.Context, began time.Time) {
	l.survey(ctx)
	left := l.Hasher.Floor() - time.Since(began)
	if left <= 0 {
		return
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// survey has the hasher measure each kind of hash that the tenant has, before the
// first refusal tells of one: whoever asks first waits for it, whatever the name.
func (l *Leveller) survey(ctx context.Context) {
	id, now := tenant.Must(ctx).ID, time.Now()
	if last, ok := l.surveyed.Load(id); ok && now.Sub(last.(time.Time)) < surveyEvery {
		return
	}
	kinds, err := l.Kinds.HashKinds(ctx)
	if err != nil {
		slog.WarnContext(ctx, "kinds of password hash cannot be read", "error", err.Error())
		return
	}
	for _, encoded := range kinds {
		if _, _, err := l.Hasher.Verify(ctx, "nobody's password", encoded); err != nil {
			return // busy: the next refusal tries again
		}
	}
	l.surveyed.Store(id, now)
}
