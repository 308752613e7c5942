package recovery_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity/recovery"
	"plinto/internal/plintotest"
	"plinto/internal/secret"
	"plinto/provider/keys"
	"plinto/storage"
	"plinto/storage/storagetest"
)

// REC-11: links live as long as they say, whatever is restarted and rotated meanwhile: another
// process, with a root key of its own, knows them by the database alone.
func TestLinks_liveTheirTimeAcrossRestartsAndRotations(t *testing.T) {
	t.Parallel()
	database, owner := storagetest.URL(t)
	w := newWorld(t, plintotest.Options{Mail: true, Database: database})
	sql := storagetest.Owner(t, owner)
	link, err := w.links().Issue(w.In(), event.Actor{Type: "operator"}, &w.alice, recovery.DefaultLinkLife, false)
	if err != nil {
		t.Fatal(err)
	}
	report, err := w.reports(w.Store).Issue(w.In(), w.alice.ID, &event.Event{ID: uuid.New(), Fact: event.PasswordChanged{}}, w.alice.Email)
	if err != nil {
		t.Fatal(err)
	}
	rotating := &keys.Service{Keys: w.Store.Keys, Outbox: w.Store.Outbox, Tx: w.Store.DB, Root: w.Root, Now: time.Now}
	if err := rotating.Rotate(w.In(), "ES256"); err != nil {
		t.Fatal(err)
	}
	restarted := storagetest.Open(t, database, func(c *storage.Config) { c.Root, _ = secret.NewRoot() })
	const left = 5 * time.Minute // longer than this test takes
	for name, k := range map[string]struct {
		life time.Duration
		good func(context.Context) error
	}{
		"an operator's link": {recovery.DefaultLinkLife, func(ctx context.Context) error {
			_, err := w.linksOf(restarted).For(ctx, link)
			return err
		}},
		"this was not me": {recovery.NotMeLife, func(ctx context.Context) error {
			_, err := w.reports(restarted).For(ctx, report)
			return err
		}},
	} {
		passes := func(d time.Duration) {
			if _, err := sql.Exec(t.Context(), `UPDATE one_time_tokens SET expires_at = expires_at - $1::interval`, d); err != nil {
				t.Fatal(err)
			}
		}
		if err := k.good(w.In()); err != nil {
			t.Errorf("%s, at first: %v", name, err)
		}
		passes(k.life - left)
		if err := k.good(w.In()); err != nil {
			t.Errorf("%s, in its last minutes: %v", name, err)
		}
		passes(left)
		if err := k.good(w.In()); err == nil {
			t.Errorf("%s is good after its time", name)
		}
		passes(-k.life) // for the others
	}
}

func (w *world) linksOf(s *storage.Store) *recovery.Links {
	return &recovery.Links{Tokens: s.OneTimeTokens, Users: s.Users, Directory: w.Directory(), Outbox: s.Outbox}
}

func (w *world) reports(s *storage.Store) *recovery.Reports {
	return &recovery.Reports{Tokens: s.OneTimeTokens, Users: s.Users, Mailboxes: s.Emails.Mailboxes}
}
