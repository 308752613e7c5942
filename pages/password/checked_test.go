package password_test

import (
	"sync/atomic"
	"testing"
	"time"

	"plinto/internal/plintotest"
	"plinto/tenant"
)

// PWD-25: the lists of breached passwords are asked once for a password, and again only for another
// one, by another edition of the lists, or after a month. Who cannot be answered is asked about again.
func TestSignIn_asksListsOfBreachedPasswordsOnce(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{tenant.BreachedFlag, tenant.BreachedChange} {
		var breached plintotest.Breached
		var ahead atomic.Int64
		w := newWorld(t, func(o *plintotest.Options) {
			o.Breached, o.Settings.Password.Breached = &breached, policy
			o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		})
		before := breached.Asked() // by setting the password
		for _, c := range []struct {
			name  string
			first func()
			asked int
		}{
			{"at first, while it does not answer", func() { breached.Away(true) }, 1},
			{"again, as it did not answer", func() { breached.Away(false) }, 1},
			{"after it was asked", func() {}, 0},
			{"a day later", func() { ahead.Add(int64(24 * time.Hour)) }, 0},
			{"another edition", func() { breached.Add("somebody else's password") }, 1},
			{"a month later", func() { ahead.Add(int64(31 * 24 * time.Hour)) }, 1},
			{"after that", func() { ahead.Store(0) }, 0}, // the database's clock was not ahead
			{"the same password, set again", func() {
				held, err := w.Store.Users.Credential(w.In(), "alice@example.com", nil)
				if err == nil {
					err = w.Store.Users.SetPassword(w.In(), w.alice.ID, held.PasswordHash, 0)
				}
				if err != nil {
					t.Fatal(err)
				}
			}, 1},
		} {
			c.first()
			if p := w.try(plintotest.Password); p.Left == nil {
				t.Fatalf("%s, %s: at %s", policy, c.name, p.URL)
			}
			w.App.Settle()
			if asked := breached.Asked() - before; asked != c.asked {
				t.Errorf("%s, %s: asked %d times, want %d", policy, c.name, asked, c.asked)
			}
			before = breached.Asked()
		}
	}
}
