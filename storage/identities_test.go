package storage

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/federation"
	"plinto/identity"
	"plinto/organization"
)

// identified makes a connection and an identity of a user.
func (w *world) identified() (*Identities, *Connections, federation.Connection, federation.Identity) {
	w.t.Helper()
	connections, identities, user := newConnections(w.db, copyOptions{heard: never}), &Identities{w.db}, w.user()
	c := federation.Connection{ID: uuid.Must(uuid.NewV7()), Slug: "idp"}
	must(w.t, connections.Create(w.ctx(), c))
	c, err := connections.BySlug(w.ctx(), "idp")
	must(w.t, err)
	i := federation.Identity{ID: uuid.Must(uuid.NewV7()), Connection: c.ID, Issuer: "https://idp.example", Subject: "s", UserID: user.ID}
	must(w.t, w.adds(identities, i))
	return identities, connections, c, i
}

func (w *world) adds(s *Identities, i federation.Identity) error {
	return w.db.InTx(w.ctx(), func(ctx context.Context) error { return s.Add(ctx, i, time.Time{}) })
}

func (w *world) spendsRound(s *Identities, u federation.Use) error {
	return w.db.InTx(w.ctx(), func(ctx context.Context) error { return s.Spend(ctx, u) })
}

// FED-06, FED-08: a round is used up once, by one of many, and only while everything is as it was read.
func TestIdentities_aRoundIsSpentOnceAndOnlyAsItWasRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, connections, c, i := w.identified()
	good := func() federation.Use {
		return federation.Use{State: random(), Until: time.Now().Add(time.Minute), Connection: c.ID, Version: c.Version, Identity: i.ID, UserID: i.UserID}
	}
	one := good()
	var mu sync.Mutex
	var all sync.WaitGroup
	won := 0
	for range 20 {
		all.Go(func() {
			err := w.spendsRound(s, one)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if !errors.Is(err, federation.ErrSpent) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if won != 1 {
		t.Errorf("%d of 20 used it up", won)
	}
	for name, change := range map[string]func(*federation.Use){
		"another version of the connection": func(u *federation.Use) { u.Version++ },
		"another connection":                func(u *federation.Use) { u.Connection = uuid.New() },
		"another identity":                  func(u *federation.Use) { u.Identity = uuid.New() },
		"another user":                      func(u *federation.Use) { u.UserID = uuid.New() },
	} {
		u := good()
		change(&u)
		if err := w.spendsRound(s, u); !errors.Is(err, federation.ErrSpent) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := connections.SetDisabled(w.ctx(), c.ID, true)
	must(t, err)
	u := good()
	u.Version++ // as it is now
	if err := w.spendsRound(s, u); !errors.Is(err, federation.ErrSpent) {
		t.Errorf("disabled: %v", err)
	}
}

// FED-50: the last word on a suspended organization is the statement that uses the round up.
func TestIdentities_aRoundOfASuspendedOrganizationIsNotSpent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, connections, c, i := w.identified()
	organizations := newOrganizations(w.db)
	acme := organization.Organization{ID: uuid.Must(uuid.NewV7()), Slug: "acme", Name: "Acme"}
	must(t, organizations.Create(w.ctx(), acme))
	c.Organization = acme.ID
	must(t, connections.SetSpec(w.ctx(), c))
	spend := func() error {
		now, err := connections.ByID(w.ctx(), c.ID)
		must(t, err)
		return w.spendsRound(s, federation.Use{
			State: random(), Until: time.Now().Add(time.Minute), Connection: c.ID, Version: now.Version, Identity: i.ID, UserID: i.UserID,
		})
	}
	for _, suspended := range []bool{false, true, false} {
		_, err := organizations.SetSuspended(w.ctx(), acme.ID, suspended)
		must(t, err)
		if err := spend(); errors.Is(err, federation.ErrSpent) != suspended || !suspended && err != nil {
			t.Errorf("suspended %v: %v", suspended, err)
		}
	}
}

// An account at a provider belongs to one user, whoever is first; and to one who is as they were.
func TestIdentities_belongToOneUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, _, c, i := w.identified()
	other := w.user()
	again := i
	again.ID, again.UserID = uuid.Must(uuid.NewV7()), other.ID
	if err := w.adds(s, again); !errors.Is(err, federation.ErrIdentityTaken) {
		t.Errorf("another user's: %v", err)
	}
	for name, change := range map[string]func(*federation.Identity){
		"subject": func(i *federation.Identity) { i.Subject = "S" }, "issuer": func(i *federation.Identity) { i.Issuer += "/" },
	} {
		differs := again
		differs.ID = uuid.Must(uuid.NewV7())
		change(&differs)
		if err := w.adds(s, differs); err != nil {
			t.Errorf("another %s: %v", name, err)
		}
	}
	if h, err := s.ByKey(w.ctx(), c.ID, "https://idp.example", "s", nil); err != nil || h.User.ID != i.UserID || h.Identity != i.ID {
		t.Errorf("found %s, %v", h.User.ID, err)
	}
	_, _, err := w.users.Mark(w.ctx(), other.ID)
	must(t, err)
	late := again
	late.ID, late.Subject = uuid.Must(uuid.NewV7()), "late"
	if err := w.adds(s, late); !errors.Is(err, identity.ErrRefused) {
		t.Errorf("after everything of the user was ended: %v", err)
	}
	if _, err := s.Remove(w.ctx(), other.ID, i.ID); !errors.Is(err, federation.ErrIdentityNotFound) {
		t.Errorf("removed by another user: %v", err)
	}
}
