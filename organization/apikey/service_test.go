package apikey_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/testworld"
	"plinto/organization"
	"plinto/organization/apikey"
	"plinto/storage"
	"plinto/storage/storagetest"
)

// A world is the service of a tenant on a real store.
type world struct {
	*apikey.Service
	t     *testing.T
	store *storage.Store
	owner *pgx.Conn       // sees and may do everything
	ctx   context.Context //nolint:containedctx // a test is one context
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t}
	w.store, w.owner = storagetest.WithOwner(t)
	w.ctx = storagetest.Tenant(t, w.store, "a")
	w.Service = &apikey.Service{
		Store: w.store.APIKeys, Roles: &organization.RoleService{Store: w.store.Roles, Outbox: w.store.Outbox, Tx: w.store.DB},
		Outbox: w.store.Outbox, Tx: w.store.DB, Now: time.Now,
	}
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// user makes a user who has a role of his own with those rights.
func (w *world) user(rights ...organization.Permission) identity.User {
	w.t.Helper()
	u := testworld.User()
	must(w.t, w.store.Users.Create(w.ctx, u, ""))
	if len(rights) > 0 {
		must(w.t, w.Roles.Assign(w.ctx, u.ID, w.role(rights...)))
	}
	return u
}

func (w *world) role(rights ...organization.Permission) string {
	w.t.Helper()
	r, err := w.Roles.Create(w.ctx, organization.Role{Scope: organization.TenantRole, Key: "r" + uuid.NewString(), Name: "R", Permissions: rights})
	must(w.t, err)
	return r.Key
}

// as is the context in which a user acts.
func (w *world) as(u identity.User) context.Context {
	w.t.Helper()
	a, err := w.Roles.AuthorityOf(w.ctx, u.ID, uuid.Nil, organization.Permission.Manages)
	must(w.t, err)
	return organization.WithAuthority(w.ctx, a)
}

// key makes a key as the operator and returns it with the secret.
func (w *world) key(user uuid.UUID, rights ...organization.Permission) (apikey.Key, string) {
	w.t.Helper()
	k, plain, err := w.Create(w.ctx, apikey.New{Name: "ci", UserID: user, Permissions: rights})
	must(w.t, err)
	return k, plain.Reveal()
}

func (w *world) stands(plain string) bool {
	w.t.Helper()
	_, _, err := w.Authenticate(w.ctx, plain)
	if err != nil && !errors.Is(err, apikey.ErrUnknown) {
		w.t.Fatal(err)
	}
	return err == nil
}

// APK-01
func TestKey_isRecognisedAndKeptHashed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, plain := w.key(uuid.Nil, organization.UsersWrite, organization.UsersRead, organization.UsersRead)
	got, a, err := w.Authenticate(w.ctx, plain)
	must(t, err)
	want := []organization.Permission{organization.UsersRead, organization.UsersWrite}
	if got.ID != made.ID || !slices.Equal(a.Rights, want) || !strings.HasPrefix(plain, made.Hint) || len(made.Hint) != 12 {
		t.Errorf("got %+v with %v, made %+v", got, a.Rights, made)
	}
	if days := made.ExpiresAt.Sub(made.CreatedAt); days != 90*24*time.Hour {
		t.Errorf("without an end it stands %v, want 90 days", days)
	}
	var row string
	must(t, w.owner.QueryRow(w.ctx, `SELECT row_to_json(k)::text FROM api_keys k`).Scan(&row))
	var told string
	must(t, w.owner.QueryRow(w.ctx, `SELECT string_agg(a::text, '') FROM audit_log a WHERE subject = $1 AND type = $2`,
		made.PublicID(), string(event.APIKeyCreated{}.Type())).Scan(&told))
	if secret := plain[len(made.Hint):]; strings.Contains(row, secret) || strings.Contains(told, secret) {
		t.Errorf("the key is in the database in clear: %s %s", row, told)
	}
	for name, bad := range map[string]string{
		"nothing": "", "its hint": made.Hint, "another": plain[:len(plain)-1] + "!", "the hash": string(apikey.Hash([16]byte{}, plain)),
	} {
		if w.stands(bad) {
			t.Errorf("%s is a key", name)
		}
	}
}

// APK-05: a key of one tenant is unknown in another, and so is its id.
func TestKey_isNothingInAnotherTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, plain := w.key(uuid.Nil, organization.UsersRead)
	b := storagetest.Tenant(t, w.store, "b")
	if _, _, err := w.Authenticate(b, plain); !errors.Is(err, apikey.ErrUnknown) {
		t.Errorf("in another tenant: got %v, want ErrUnknown", err)
	}
	if err := w.Revoke(b, made.ID); !errors.Is(err, apikey.ErrNotFound) {
		t.Errorf("revoked by another tenant: got %v, want ErrNotFound", err)
	}
	if all, err := w.List(b, uuid.Nil, uuid.Nil, 10); err != nil || len(all) != 0 {
		t.Errorf("another tenant lists %v, %v", all, err)
	}
	if !w.stands(plain) {
		t.Error("the other tenant ended the key")
	}
}

// APK-02: whatever ends all that a user has ends keys; deleting and disabling too.
func TestKey_endsWithItsUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, end := range map[string]func(identity.User) error{
		"signed out everywhere": func(u identity.User) error {
			_, err := w.owner.Exec(w.ctx, `UPDATE users SET not_before = greatest(now(), not_before + interval '1 microsecond') WHERE id = $1`, u.ID)
			return err
		},
		"disabled": func(u identity.User) error {
			_, err := w.owner.Exec(w.ctx, `UPDATE users SET disabled_at = now() WHERE id = $1`, u.ID)
			return err
		},
		"deleted": func(u identity.User) error { return w.store.Users.Delete(w.ctx, u.ID) },
	} {
		u := w.user(organization.UsersRead)
		_, plain := w.key(u.ID, organization.UsersRead)
		_, tenants := w.key(uuid.Nil, organization.UsersRead)
		if !w.stands(plain) {
			t.Fatalf("%s: the key does not stand before", name)
		}
		must(t, end(u))
		if w.stands(plain) || !w.stands(tenants) {
			t.Errorf("%s: the key stands, or that of the tenant does not", name)
		}
		if left, err := w.List(w.ctx, u.ID, uuid.Nil, 10); err != nil || len(left) != 0 {
			t.Errorf("%s: %v is listed, %v", name, left, err)
		}
	}
}

// A user is thrown out while a key is made for them: none is left that stands.
func TestKey_isNotLeftBehindByWhoIsThrownOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 10 {
		u := w.user(organization.UsersRead)
		var plain string
		both := []func() error{
			func() error {
				_, made, err := w.Create(w.ctx, apikey.New{Name: "ci", UserID: u.ID, Permissions: []organization.Permission{organization.UsersRead}})
				plain = made.Reveal()
				return err
			},
			func() error { return w.store.Users.Delete(w.ctx, u.ID) },
		}
		errs := testworld.AtOnce(2, func(i int) error { return both[i]() })
		if errs[1] != nil || plain != "" && w.stands(plain) {
			t.Fatalf("the user is gone and the key stands: %v", errs)
		}
	}
}

func TestKey_endsAtItsEndAndWhenRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, plain := w.key(uuid.Nil, organization.UsersRead)
	_, err := w.owner.Exec(w.ctx, `UPDATE api_keys SET expires_at = now() WHERE id = $1`, made.ID)
	must(t, err)
	if w.stands(plain) {
		t.Error("an expired key stands")
	}
	made, plain = w.key(uuid.Nil, organization.UsersRead)
	must(t, w.Revoke(w.ctx, made.ID))
	if err := w.Revoke(w.ctx, made.ID); w.stands(plain) || !errors.Is(err, apikey.ErrNotFound) {
		t.Errorf("a revoked key stands, or is revoked again: %v", err)
	}
}

// The use of a key is noted at most once a minute, and by one of many requests.
func TestKey_notesItsUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, plain := w.key(uuid.Nil, organization.UsersRead)
	used := func() (at time.Time, version string) {
		must(t, w.owner.QueryRow(w.ctx, `SELECT coalesce(used_at, '-infinity'), xmin::text FROM api_keys WHERE id = $1`, made.ID).Scan(&at, &version))
		return at, version
	}
	for _, err := range testworld.AtOnce(8, func(int) error { _, _, err := w.Authenticate(w.ctx, plain); return err }) {
		must(t, err)
	}
	first, version := used()
	if time.Since(first) > time.Hour {
		t.Fatalf("used at %v", first)
	}
	w.stands(plain)
	if _, again := used(); again != version {
		t.Error("the row is written again within the minute")
	}
	_, err := w.owner.Exec(w.ctx, `UPDATE api_keys SET used_at = now() - interval '61 seconds'`)
	must(t, err)
	w.stands(plain)
	if at, _ := used(); !at.After(first) {
		t.Errorf("a minute later the use is not noted: %v", at)
	}
}

func TestKey_isRefusedWhenItIsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user(organization.UsersRead, organization.APIKeysWrite)
	good := apikey.New{Name: "ci", Permissions: []organization.Permission{organization.UsersRead}}
	for name, c := range map[string]struct {
		change func(*apikey.New)
		as     context.Context //nolint:containedctx // who asks
		want   error
	}{
		"good":                    {change: func(*apikey.New) {}},
		"without a name":          {change: func(n *apikey.New) { n.Name = "" }, want: apikey.ErrKey},
		"with a long name":        {change: func(n *apikey.New) { n.Name = strings.Repeat("x", 201) }, want: apikey.ErrKey},
		"without a right":         {change: func(n *apikey.New) { n.Permissions = nil }, want: apikey.ErrKey},
		"of an application":       {change: func(n *apikey.New) { n.Permissions = []organization.Permission{"orders:read"} }, want: apikey.ErrKey},
		"over other tenants":      {change: func(n *apikey.New) { n.Permissions = []organization.Permission{organization.TenantsWrite} }, want: apikey.ErrKey},
		"of the past":             {change: func(n *apikey.New) { n.TTL = -1 }, want: apikey.ErrKey},
		"of two years":            {change: func(n *apikey.New) { n.TTL = 2 * apikey.MaxTTL }},
		"of two years, by a user": {change: func(n *apikey.New) { n.TTL = 2 * apikey.MaxTTL }, as: w.as(u), want: apikey.ErrKey},
		"for ever":                {change: func(n *apikey.New) { n.TTL = apikey.MaxOperatorTTL + 1 }, want: apikey.ErrKey},
		"of nobody":               {change: func(n *apikey.New) { n.UserID = uuid.New() }, want: apikey.ErrOwner},
		"beyond its user": {change: func(n *apikey.New) {
			n.UserID = u.ID
			n.Permissions = []organization.Permission{organization.UsersWrite}
		}, want: apikey.ErrOwner},
		"beyond its maker":           {change: func(n *apikey.New) { n.Permissions = []organization.Permission{organization.UsersWrite} }, as: w.as(u), want: organization.ErrCannotConfer},
		"of the tenant, by its user": {change: func(*apikey.New) {}, as: w.as(u)},
		"of its user, by that user":  {change: func(n *apikey.New) { n.UserID = u.ID }, as: w.as(u)},
	} {
		n, ctx := good, w.ctx
		c.change(&n)
		if c.as != nil {
			ctx = c.as
		}
		if _, _, err := w.Create(ctx, n); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func TestKeys_areFew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user(organization.UsersRead)
	n := apikey.New{Name: "ci", UserID: u.ID, Permissions: []organization.Permission{organization.UsersRead}}
	for range apikey.MaxOfUser - 1 {
		_, _, err := w.Create(w.ctx, n)
		must(t, err)
	}
	made := 0
	for _, err := range testworld.AtOnce(4, func(int) error { _, _, err := w.Create(w.ctx, n); return err }) {
		if err == nil {
			made++
		} else if !errors.Is(err, apikey.ErrTooMany) {
			t.Errorf("got %v, want ErrTooMany", err)
		}
	}
	if made != 1 {
		t.Errorf("%d of 4 made the last key", made)
	}
	page, err := w.List(w.ctx, u.ID, uuid.Nil, 20)
	must(t, err)
	rest, err := w.List(w.ctx, u.ID, page[19].ID, 100)
	if err != nil || len(rest) != 30 || page[19].ID == rest[0].ID {
		t.Errorf("after 20 there are %d, %v", len(rest), err)
	}
	must(t, w.RevokeOf(w.ctx, u.ID, page[0].ID))
	if err := w.RevokeOf(w.ctx, w.user().ID, page[1].ID); !errors.Is(err, apikey.ErrNotFound) {
		t.Errorf("another user revokes it: %v", err)
	}
	if _, _, err := w.Create(w.ctx, n); err != nil {
		t.Errorf("after one is revoked another can be made: %v", err)
	}
}
