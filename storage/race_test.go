package storage

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/provider"
)

// registrar is the service that changes clients, on the world's store.
func (w *world) registrar() *provider.Registrar {
	clients := newClients(w.db, copyOptions{heard: never})
	return &provider.Registrar{
		Clients: clients, Writes: clients, Registrations: newRegistrations(clients), Consents: w.consents, InitialTokens: newInitialTokens(w.db),
		Secrets: provider.NewSecretHasher(testRoot()), Outbox: w.outbox, Tx: w.db,
	}
}

// testRoot is the root key of every world.
var testRoot = sync.OnceValue(func() secret.Root {
	root, _ := secret.NewRoot()
	return root
})

// registered is a client that registered itself, with its secret and the hash of its
// registration access token.
func (w *world) registered() (id, plain string, token []byte) {
	w.t.Helper()
	r := w.registrar()
	made := &provider.Registration{TokenHash: random(), Client: provider.Client{
		ID: uuid.Must(uuid.NewV7()), Metadata: provider.Metadata{ClientName: "before"}.WithDefaults(),
	}}
	made.Client.ClientID = "c" + made.Client.ID.String()
	plain = r.Secrets.Make(w.tenants[0].ID, &made.Client)
	must(w.t, r.Register(w.ctx(), made, nil, 100))
	return made.Client.ClientID, plain, made.TokenHash
}

func (w *world) current(id string) *provider.Client {
	w.t.Helper()
	c, err := w.registrar().Clients.Current(w.ctx(), id)
	must(w.t, err)
	return c
}

// matches reports whether a secret is good for a client.
func (w *world) matches(id, plain string) bool {
	w.t.Helper()
	return w.registrar().Secrets.Matches(w.tenants[0].ID, w.current(id), plain, now())
}

// once returns a function that runs f the first time it is called.
func once(f func()) func() {
	var o sync.Once
	return func() { o.Do(f) }
}

// Writers of clients, each by the service that everybody calls. between runs where the
// writer has read and decided, and has not written yet.
var clientWriters = map[string]func(w *world, id string, token []byte, between func()) error{
	"client replaces itself": func(w *world, id string, token []byte, between func()) error {
		_, _, err := w.registrar().Replace(w.ctx(), id, token, func(_ context.Context, r *provider.Registration) (provider.Metadata, error) {
			m := r.Client.Metadata
			m.ClientName = "by the client"
			between()
			return m, nil
		})
		return err
	},
	"operator updates": func(w *world, id string, _ []byte, between func()) error {
		_, err := w.registrar().Update(w.ctx(), id, func(c *provider.Client) error {
			c.ClientURI = "https://by.the.operator.example"
			between()
			return nil
		})
		return err
	},
}

// SES-22, REG: what others do to a client between somebody's reading and writing it
// stands: of each pair of writers none undoes the other.
func TestClient_writersUndoNothingOfEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, writer := range clientWriters {
		byClient := strings.HasPrefix(name, "client")
		for other, c := range map[string]struct {
			do   func(id string)
			want func(id string, before *provider.Client) bool
			err  error // of the client
		}{
			"disabled": {
				func(id string) { must(t, w.registrar().Disable(w.ctx(), id)) },
				func(id string, _ *provider.Client) bool { return !w.current(id).DisabledAt.IsZero() }, provider.ErrRegistrationTokenUnknown,
			},
			"made first-party": {
				func(id string) {
					_, err := w.registrar().Update(w.ctx(), id, func(c *provider.Client) error { c.FirstParty = true; return nil })
					must(t, err)
				},
				func(id string, _ *provider.Client) bool { return w.current(id).FirstParty }, provider.ErrOperators,
			},
			"marked": {
				func(id string) { must(t, w.registrar().Writes.Mark(w.ctx(), w.current(id).ID)) },
				func(id string, before *provider.Client) bool { return w.current(id).NotBefore.After(before.NotBefore) }, nil,
			},
			"renamed": {
				func(id string) {
					_, err := w.registrar().Update(w.ctx(), id, func(c *provider.Client) error { c.TosURI = "https://terms.example"; return nil })
					must(t, err)
				},
				func(id string, _ *provider.Client) bool { return w.current(id).TosURI == "https://terms.example" }, nil,
			},
			"deleted": {
				func(id string) { must(t, w.registrar().Delete(w.ctx(), id)) },
				func(id string, _ *provider.Client) bool {
					_, err := w.registrar().Clients.Current(w.ctx(), id)
					return errors.Is(err, provider.ErrClientNotFound)
				}, provider.ErrRegistrationTokenUnknown,
			},
		} {
			id, _, token := w.registered()
			before := w.current(id)
			err := writer(w, id, token, once(func() { c.do(id) }))
			want := c.err
			if !byClient && other == "deleted" {
				want = provider.ErrClientNotFound
			} else if !byClient {
				want = nil
			}
			if !errors.Is(err, want) || want == nil && err != nil {
				t.Errorf("%s × %s: got %v, want %v", name, other, err, want)
			}
			if !c.want(id, before) {
				t.Errorf("%s × %s: it was undone: %+v", name, other, w.current(id))
			}
			if want != nil {
				continue
			}
			if now := w.current(id); now.ClientName != "by the client" && now.ClientURI != "https://by.the.operator.example" {
				t.Errorf("%s × %s: the writer's own change is lost", name, other)
			}
		}
	}
}

// SES-22: a secret that was rotated with --now stays away, and the new one stays,
// whatever the client and operators write meanwhile.
func TestClient_secretsThatWereRotatedStayAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, writer := range clientWriters {
		for _, now := range []bool{true, false} {
			id, old, token := w.registered()
			var fresh string
			must(t, writer(w, id, token, once(func() {
				added, err := w.registrar().RotateSecret(w.ctx(), id, now)
				must(t, err)
				fresh = added.Plain
				if left := time.Until(added.PreviousEndsAt); now != added.PreviousEndsAt.IsZero() || !now && (left > provider.RotationOverlap || left < provider.RotationOverlap-time.Hour) {
					t.Errorf("%s, now %v: the secret before ends at %v", name, now, added.PreviousEndsAt)
				}
			})))
			if w.matches(id, old) == now || !w.matches(id, fresh) {
				t.Errorf("%s, now %v: old %v, new %v", name, now, w.matches(id, old), w.matches(id, fresh))
			}
		}
	}
	// The client that names its secret has to name the one it has now.
	id, _, token := w.registered()
	rotate, tries := once(func() {
		_, err := w.registrar().RotateSecret(w.ctx(), id, true)
		must(t, err)
	}), 0
	_, plain, err := w.registrar().Replace(w.ctx(), id, token, func(_ context.Context, r *provider.Registration) (provider.Metadata, error) {
		tries++
		m := r.Client.Metadata
		m.IDTokenSignedAlg = "HS256" // for which the secret has to be readable
		rotate()
		return m, nil
	})
	if err != nil || tries != 2 || plain == "" || !w.matches(id, plain) || len(w.current(id).Secrets) != 1 {
		t.Errorf("a fresh secret decided on the secrets of before: %v, %d tries, %d secrets", err, tries, len(w.current(id).Secrets))
	}
	// And a rotation that was decided on metadata of before is decided again.
	id, _, token = w.registered()
	kept := w.current(id)
	kept.Secrets = []provider.ClientSecret{w.registrar().Secrets.Keep(w.tenants[0].ID, kept, "a secret that nobody will ever have")}
	must(t, clientWriters["client replaces itself"](w, id, token, func() {}))
	for what, err := range map[string]error{
		"add": w.registrar().Writes.AddSecret(w.ctx(), *kept, provider.RotationOverlap), "replace": w.registrar().Writes.ReplaceSecrets(w.ctx(), *kept),
	} {
		if !errors.Is(err, fault.ErrChanged) {
			t.Errorf("%s on an old version: got %v, want ErrChanged", what, err)
		}
	}
}

// The same with real parallelism: a client that replaces its registration in a loop
// does not get around an operator.
func TestClient_thatReplacesItselfInALoopIsDisabledForGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 6 {
		id, old, token := w.registered()
		stop, done := make(chan struct{}), make(chan struct{})
		for range 2 {
			go func() {
				defer func() { done <- struct{}{} }()
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
						_, _, _ = w.registrar().Replace(w.ctx(), id, token, func(_ context.Context, r *provider.Registration) (provider.Metadata, error) {
							m := r.Client.Metadata
							m.ClientName = strings.Repeat("x", n%5+1)
							return m, nil
						})
					}
				}
			}()
		}
		fresh, err := w.registrar().RotateSecret(w.ctx(), id, true)
		for errors.Is(err, fault.ErrChanged) { // the loop was faster five times
			fresh, err = w.registrar().RotateSecret(w.ctx(), id, true)
		}
		must(t, err)
		must(t, w.registrar().Disable(w.ctx(), id))
		close(stop)
		<-done
		<-done
		if w.current(id).DisabledAt.IsZero() {
			t.Error("it has enabled itself")
		}
		if w.matches(id, old) || !w.matches(id, fresh.Plain) {
			t.Errorf("old secret %v, new secret %v", w.matches(id, old), w.matches(id, fresh.Plain))
		}
	}
}

// Two who read the same row and write it at once: one does.
func TestRows_areWrittenOverOnTheVersionThatWasRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, _, _ := w.registered()
	c, u := *w.current(id), w.asItIs(w.user())
	for what, write := range map[string]func(i int) error{
		"client": func(i int) error {
			mine := c
			mine.ClientName = strings.Repeat("x", i+1)
			return w.registrar().Writes.SetMetadata(w.ctx(), mine)
		},
		"user": func(i int) error {
			mine := u
			mine.Profile.Nickname = strings.Repeat("x", i+1)
			return w.users.Update(w.ctx(), mine)
		},
	} {
		won := 0
		for _, err := range parallel(8, write) {
			if err == nil {
				won++
			} else if !errors.Is(err, fault.ErrChanged) || !errors.Is(err, fault.Conflict) {
				t.Errorf("%s: got %v, want ErrChanged", what, err)
			}
		}
		if won != 1 {
			t.Errorf("%s: of eight who read the same %d wrote, want 1", what, won)
		}
	}
}

// Writers of users: what others do between the reading and the writing stands.
func TestUser_writersUndoNothingOfEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.directory()
	for other, c := range map[string]struct {
		do   func(u identity.User)
		want func(u identity.User) bool
	}{
		"disabled": {
			func(u identity.User) { must(t, d.Disable(w.ctx(), byOperator, u.ID)) },
			func(u identity.User) bool { return !u.Active() },
		},
		"signed out": {
			func(u identity.User) { must(t, d.SignOut(w.ctx(), byOperator, u.ID, uuid.Nil)) },
			func(u identity.User) bool { return !u.NotBefore.IsZero() },
		},
		"profile changed": {
			func(u identity.User) {
				_, err := d.Update(w.ctx(), byOperator, u.ID, func(u *identity.User) { u.Phone = "+43123" })
				must(t, err)
			},
			func(u identity.User) bool { return u.Phone == "+43123" },
		},
		"password changed": {
			func(u identity.User) { must(t, d.SetHashed(w.ctx(), byOperator, u.ID, "new", uuid.Nil)) },
			func(u identity.User) bool {
				held, err := w.users.Credential(w.ctx(), u.Email, nil)
				encoded := held.PasswordHash
				must(t, err)
				return encoded == "new"
			},
		},
	} {
		u := w.user()
		between := once(func() { c.do(u) })
		after, err := d.Update(w.ctx(), byOperator, u.ID, func(u *identity.User) {
			u.Profile.Nickname = "al"
			between()
		})
		must(t, err)
		stored, err := w.users.ByID(w.ctx(), u.ID)
		must(t, err)
		if !c.want(stored) || stored.Profile.Nickname != "al" || after.Phone != stored.Phone {
			t.Errorf("%s while the profile is changed: got %+v", other, stored)
		}
	}
	// Rehashing a password that is being changed keeps the new one, and its eviction.
	u := w.user()
	must(t, w.holding(func(ctx context.Context) error { return d.SetHashed(ctx, byOperator, u.ID, "new", uuid.Nil) },
		func(ctx context.Context) error { return w.users.Rehash(ctx, u.ID, "hash", "old one, hashed better") }))
	if held, err := w.users.Credential(w.ctx(), u.Email, nil); err != nil || held.PasswordHash != "new" {
		t.Errorf("rehashed while it was changed: got %q, %v", held.PasswordHash, err)
	}
}

// Somebody who is always faster is told of, and does not keep anybody for ever.
func TestUpdate_givesUpAfterSomeTries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user()
	n := 0
	_, err := w.directory().Update(w.ctx(), byOperator, u.ID, func(u *identity.User) {
		n++
		u.Profile.Nickname = "al"
		w.sql(`UPDATE users SET phone = $2 WHERE id = $1`, u.ID, strings.Repeat("1", n))
	})
	if !errors.Is(err, fault.ErrChanged) || n > 10 {
		t.Errorf("got %v after %d tries, want ErrChanged", err, n)
	}
	if w.events(event.UserUpdated{}) != 0 {
		t.Error("what was not done is told of")
	}
}

// What a client holds ends with being disabled, and with giving its secret up, and
// does not come back.
func TestClient_disabledOrMadePublicLosesWhatItWasGranted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, end := range map[string]func(id string){
		"disabled and enabled": func(id string) {
			must(t, w.registrar().Disable(w.ctx(), id))
			must(t, w.registrar().Enable(w.ctx(), id))
		},
		"disabled otherwise and enabled": func(id string) {
			w.sql(`UPDATE clients SET disabled_at = now() WHERE client_id = $1`, id)
			must(t, w.registrar().Enable(w.ctx(), id))
		},
		"made public": func(id string) {
			_, err := w.registrar().Update(w.ctx(), id, func(c *provider.Client) error {
				c.TokenEndpointAuthMethod = provider.AuthNone
				return nil
			})
			must(t, err)
		},
	} {
		s := w.offline()
		opaque := w.opaque(s)
		end("c" + s.client.String())
		if _, err := w.rotate(s, s.refresh, random()); !errors.Is(err, provider.ErrGrantRevoked) {
			t.Errorf("%s: the refresh token: %v, want ErrGrantRevoked", name, err)
		}
		if _, _, _, err := w.access.Inspect(w.ctx(), opaque); !errors.Is(err, provider.ErrTokenUnknown) {
			t.Errorf("%s: the opaque token: %v, want ErrTokenUnknown", name, err)
		}
		if _, err := w.spends.Redeem(w.ctx(), s.client, s.code.Hash, provider.RefreshToken{}); err == nil {
			t.Errorf("%s: the code lives", name)
		}
	}
}

func TestRegistrar_tellsOfChangesOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, _, token := w.registered()
	r := w.registrar()
	kinds := func() (all []string) {
		rows, _ := w.owner.Query(t.Context(), `SELECT type || ' ' || actor_type || coalesce(' ' || (data ->> 'fields'), '') FROM audit_log WHERE subject = $1 ORDER BY occurred_at, id`, id)
		for rows.Next() {
			var line string
			must(t, rows.Scan(&line))
			all = append(all, line)
		}
		must(t, rows.Err())
		w.sql(`DELETE FROM audit_log`)
		return all
	}
	kinds()
	update := func(name string, firstParty bool) error {
		_, err := r.Update(w.ctx(), id, func(c *provider.Client) error { c.ClientName, c.FirstParty = name, firstParty; return nil })
		return err
	}
	for _, c := range []struct {
		what string
		do   func() error
		want []string
	}{
		{"update", func() error { return update("Shop", true) }, []string{`client.updated operator ["client_name", "first_party"]`}},
		{"the same again", func() error { return update("Shop", true) }, nil},
		{"only the flag", func() error { return update("Shop", false) }, []string{`client.updated operator ["first_party"]`}},
		{"the client, nothing new", func() error {
			_, _, err := r.Replace(w.ctx(), id, token, func(_ context.Context, r *provider.Registration) (provider.Metadata, error) {
				return r.Client.Metadata, nil
			})
			return err
		}, nil},
		{"the client", func() error { return clientWriters["client replaces itself"](w, id, token, func() {}) }, []string{`client.updated client ["client_name"]`}},
		{"enable", func() error { return r.Enable(w.ctx(), id) }, nil},
		{"disable", func() error { return r.Disable(w.ctx(), id) }, []string{"client.disabled operator"}},
		{"disable again", func() error { return r.Disable(w.ctx(), id) }, nil},
		{"enable", func() error { return r.Enable(w.ctx(), id) }, []string{"client.enabled operator"}},
		{"the client ends itself", func() error { return r.Unregister(w.ctx(), id, token) }, []string{"client.deleted client"}},
	} {
		must(t, c.do())
		if got := kinds(); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
	for name, err := range map[string]error{
		"disable": r.Disable(w.ctx(), id), "enable": r.Enable(w.ctx(), id), "update": update("x", true), "delete": r.Delete(w.ctx(), id),
	} {
		if !errors.Is(err, provider.ErrClientNotFound) {
			t.Errorf("%s of nobody: got %v, want ErrClientNotFound", name, err)
		}
	}
}
