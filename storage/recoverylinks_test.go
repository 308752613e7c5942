package storage

import (
	"context"
	"errors"
	"testing"
	"time"

	"plinto/event"
	"plinto/identity"
	"plinto/identity/recovery"
)

// ACC-05: another link for a user ends the one before, and so does a sign-out everywhere, also of one that is made at
// the same moment: whoever comes second sees what the first did.
func TestRecoveryLinks_ofTheSameMomentEndToo_ACC_05(t *testing.T) {
	t.Parallel()
	operator := event.Actor{Type: "operator"}
	type act = func(ctx context.Context, d *identity.Directory, l *recovery.Links, u *identity.User) error
	issue := func(ctx context.Context, _ *identity.Directory, l *recovery.Links, u *identity.User) error {
		_, err := l.Issue(ctx, operator, u, time.Hour, true)
		return err
	}
	disable := func(ctx context.Context, d *identity.Directory, _ *recovery.Links, u *identity.User) error {
		return d.Disable(ctx, operator, u.ID)
	}
	for name, c := range map[string]struct {
		first, then act
		want        error
		good        int
	}{
		"another link": {issue, issue, nil, 1}, "disabled after": {issue, disable, nil, 0}, "disabled before": {disable, issue, recovery.ErrLinkUser, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			user := w.user()
			d := &identity.Directory{Users: w.users, Writes: w.users, Sessions: w.sessions, Outbox: w.outbox, Tx: w.db}
			links := &recovery.Links{Tokens: newOneTimeTokens(w.db), Users: w.users, Directory: d, Outbox: w.outbox}
			err := w.holding(func(ctx context.Context) error { return c.first(ctx, d, links, &user) }, func(ctx context.Context) error { return c.then(ctx, d, links, &user) })
			if !errors.Is(err, c.want) {
				t.Errorf("who comes second: %v, want %v", err, c.want)
			}
			if n := w.count(`SELECT count(*) FROM one_time_tokens WHERE spent_at IS NULL`); n != c.good {
				t.Errorf("%d links are good, want %d", n, c.good)
			}
		})
	}
}
