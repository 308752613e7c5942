package identity

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"plinto/tenant"
)

// HashKinds knows what hashes a tenant's users have.
type HashKinds interface {
	// HashKinds returns one encoded hash of each kind and cost, eight at most.
	HashKinds(ctx context.Context) ([]string, error)
}

// A TimingEqualizer lets every refusal take as long as the slowest: the time must not tell
// an imported hash, or one of an older cost, from the dummy of an unknown name
// (ENU-08). Where all hashes are alike it waits for nothing.
type TimingEqualizer struct {
	Kinds  HashKinds
	Hasher PasswordHasher

	due     sync.Map // tenant.ID → time.Time of the next look at its kinds
	looking singleflight.Group
}

const (
	// surveyEvery is how often a tenant's hashes are looked at: imports are rare.
	surveyEvery = time.Hour
	// surveyAgain is when after a look that failed: it must not be had by each refused password.
	surveyAgain = time.Minute
)

// Wait waits until a refusal that began then, and compared so many hashes, may be told. Only
// refusals wait, which are counted, and nothing is held meanwhile but the connection.
func (l *TimingEqualizer) Wait(ctx context.Context, began time.Time, compared int) {
	l.survey(ctx)
	left := time.Duration(compared)*l.Hasher.Floor() - time.Since(began)
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
func (l *TimingEqualizer) survey(ctx context.Context) {
	id := tenant.Must(ctx).ID
	if l.surveyed(id) {
		return
	}
	// Everybody waits for one look, which no visitor can break off by leaving.
	_, _, _ = l.looking.Do(id.String(), func() (any, error) {
		// Another's look may have ended between the question above and this call.
		if l.surveyed(id) {
			return nil, nil
		}
		next := surveyEvery
		if err := l.look(context.WithoutCancel(ctx)); err != nil {
			slog.WarnContext(ctx, "kinds of password hash cannot be measured", "error", err.Error())
			next = surveyAgain
		}
		l.due.Store(id, time.Now().Add(next))
		return nil, nil
	})
}

func (l *TimingEqualizer) surveyed(id tenant.ID) bool {
	due, ok := l.due.Load(id)
	return ok && time.Now().Before(due.(time.Time))
}

func (l *TimingEqualizer) look(ctx context.Context) error {
	kinds, err := l.Kinds.HashKinds(ctx)
	if err != nil {
		return err
	}
	for _, encoded := range kinds {
		if _, _, err := l.Hasher.Verify(ctx, Hashing(ctx), "nobody's password", encoded); err != nil {
			return err
		}
	}
	return nil
}
