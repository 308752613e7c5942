package main

import (
	"strings"
	"testing"

	"plinto/internal/secret"
)

// withKeys gives the commands of a terminal other encryption keys.
func (x *terminal) withKeys(keys ...string) *terminal {
	other := *x
	other.env = nil
	for _, e := range x.env {
		if !strings.HasPrefix(e, "PLINTO_ENCRYPTION_KEY=") {
			other.env = append(other.env, e)
		}
	}
	other.env = append(other.env, "PLINTO_ENCRYPTION_KEY="+strings.Join(keys, ","))
	return &other
}

func key(t *testing.T) string {
	t.Helper()
	_, text := secret.NewRoot()
	return text.Reveal()
}

// KEY-08: the encryption key is replaced while servers go on, and the old one opens nothing afterwards.
func TestKeysRewrap_replacesTheEncryptionKey(t *testing.T) {
	t.Parallel()
	first, second, third := key(t), key(t), key(t)
	x := newTerminal(t).withKeys(first)
	x.ok("tenant", "create", "acme")
	x.ok("keys", "rotate", "--tenant", "acme") // makes a key of the tenant, sealed under the root key
	works := func(keys ...string) {
		t.Helper()
		x.withKeys(keys...).ok("keys", "rotate", "--tenant", "acme")
	}

	x.withKeys(second).refused(exitFailed, "the encryption key is not one of this installation", "keys", "list", "--tenant", "acme")
	works(second, first)
	x.withKeys(second).refused(exitFailed, "not one of this installation", "keys", "rewrap")
	if out := x.withKeys(second, first).ok("keys", "rewrap"); !strings.Contains(out, "from now on") || !strings.Contains(out, "as before") {
		t.Errorf("said %s", out)
	}
	works(first) // a server that was not restarted yet starts anew
	works(second)
	if out := x.withKeys(second).ok("keys", "rewrap"); !strings.Contains(out, "opens nothing any more") {
		t.Errorf("said %s", out)
	}
	x.withKeys(first).refused(exitFailed, "not one of this installation", "keys", "list", "--tenant", "acme")
	works(second)
	works(third, second, first)
	x.withKeys(second, second).refused(exitFailed, "the same key twice", "keys", "list", "--tenant", "acme")
}
