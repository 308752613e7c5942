package storage_test

import (
	"strings"
	"sync"
	"testing"

	"plinto/internal/secret"
	"plinto/migrations"
	"plinto/storage"
	"plinto/storage/schema"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// keptBy opens a store as a server with these encryption keys does, and returns its root key.
func keptBy(t *testing.T, server string, keepers ...secret.Keeper) (secret.Root, error) {
	t.Helper()
	s, err := storage.Open(t.Context(), storage.Config{URL: secret.NewString(server), Keepers: keepers})
	if err != nil {
		return secret.Root{}, err
	}
	defer s.Close()
	return s.RootKeys.Root(), nil
}

// runsFrom is the migration that programs have to know that start on the tables.
func runsFrom(t *testing.T, owner string) (name string) {
	t.Helper()
	if err := storagetest.Owner(t, owner).QueryRow(t.Context(), `SELECT runs_from FROM schema_migrations WHERE name = '0052_keep_root_keys'`).Scan(&name); err != nil {
		t.Fatal(err)
	}
	return name
}

// notOfThis reports whether an error says that the key is not one of the installation.
func notOfThis(err error) bool {
	return len(schema.Explain(err, "PLINTO_DATABASE_URL")) > 0 && strings.Contains(errorText(err), "encryption key")
}

func errorText(err error) string {
	var all []string
	for _, f := range schema.Explain(err, "") {
		all = append(all, f.Cause)
	}
	return strings.Join(all, " ")
}

// KEY-09: who has many servers start at once has one root key, which nobody knows from the encryption key.
func TestRootKeys_areMadeOnce(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	key, _ := secret.NewRoot()
	var mu sync.Mutex
	var all sync.WaitGroup
	found := map[secret.Root]int{}
	for range 8 {
		all.Go(func() {
			root, err := keptBy(t, server, secret.NewKeeper(key))
			mu.Lock()
			defer mu.Unlock()
			if found[root]++; err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(found) != 1 || found[key] > 0 || found[secret.Root{}] > 0 {
		t.Errorf("%d root keys (the encryption key itself: %d)", len(found), found[key])
	}
	other, _ := secret.NewRoot()
	if _, err := keptBy(t, server, secret.NewKeeper(other)); !notOfThis(err) {
		t.Errorf("another key: %v", err)
	}
	if runs := runsFrom(t, owner); runs != "0052_keep_root_keys" {
		t.Errorf("programs from %s on start, and take the encryption key for the root key", runs)
	}
}

// KEY-09: an installation that was set up when the encryption key was the root key goes on with it, and nobody who
// comes with a wrong key first spoils that.
func TestRootKeys_ofAnOlderInstallationAreItsEncryptionKey(t *testing.T) {
	t.Parallel()
	server, _ := storagetest.URL(t)
	key, _ := secret.NewRoot()
	wrong, _ := secret.NewRoot()
	older := storagetest.Open(t, server, func(c *storage.Config) { c.Root = key })
	acme := storagetest.Tenant(t, older, "acme")
	wrapped := key.TenantKey(secret.DataKeys).NewDataKey(tenant.Must(acme).ID, "data-key", tenant.Must(acme).ID.String())
	if _, err := older.Keys.DataKey(acme, wrapped); err != nil {
		t.Fatal(err)
	}
	if _, err := keptBy(t, server, secret.NewKeeper(wrong)); !notOfThis(err) {
		t.Errorf("a wrong key: %v", err)
	}
	for _, keepers := range [][]secret.Keeper{{secret.NewKeeper(wrong), secret.NewKeeper(key)}, {secret.NewKeeper(key)}} {
		if root, err := keptBy(t, server, keepers...); err != nil || root != key {
			t.Errorf("with %d keys the root key changed, or %v", len(keepers), err)
		}
	}
}

// Without anything that is sealed nobody can tell which of two keys is right.
func TestRootKeys_areNotGuessed(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	key, _ := secret.NewRoot()
	other, _ := secret.NewRoot()
	storagetest.Tenant(t, storagetest.Open(t, server, func(c *storage.Config) { c.Root = key }), "acme")
	if _, err := keptBy(t, server, secret.NewKeeper(other), secret.NewKeeper(key)); !notOfThis(err) {
		t.Errorf("two keys: %v", err)
	}
	if root, err := keptBy(t, server, secret.NewKeeper(key)); err != nil || root != key {
		t.Errorf("the key alone: %v", err)
	}
	if runs := runsFrom(t, owner); runs != migrations.RunsFrom {
		t.Errorf("programs from %s on start, want those from %s on: it is still their root key", runs, migrations.RunsFrom)
	}
}

// KEY-08: exactly the keys that are named open the installation, and never none.
func TestRootKeys_areRewrapped(t *testing.T) {
	t.Parallel()
	server, _ := storagetest.URL(t)
	first, _ := secret.NewRoot()
	next, _ := secret.NewRoot()
	root, err := keptBy(t, server, secret.NewKeeper(first))
	if err != nil {
		t.Fatal(err)
	}
	rewrap := func(opened secret.Root, to ...secret.Root) {
		t.Helper()
		s, err := storage.Open(t.Context(), storage.Config{URL: secret.NewString(server), Keepers: []secret.Keeper{secret.NewKeeper(opened)}})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		var keepers []secret.Keeper
		for _, r := range to {
			keepers = append(keepers, secret.NewKeeper(r))
		}
		var all sync.WaitGroup // twice at once does what once does
		for range 2 {
			all.Go(func() {
				if _, err := s.RootKeys.Rewrap(t.Context(), keepers); (err != nil) != (len(to) == 0) {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	opens := func(key secret.Root) bool {
		got, err := keptBy(t, server, secret.NewKeeper(key))
		if err == nil && got != root {
			t.Error("the root key changed")
		}
		return err == nil
	}
	rewrap(first)
	rewrap(first, next, first)
	if !opens(first) || !opens(next) {
		t.Error("while both are named, both open it")
	}
	rewrap(next, next)
	if opens(first) || !opens(next) {
		t.Error("the key that is not named any more opens it, or the other does not")
	}
}
