package main

import (
	"strings"
	"testing"

	"plinto/event"
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

// KEY-10: who changes which keys open the installation leaves a trace, in the same transaction. KEY-11: a key that was replaced and
// still opens the installation is told of.
func TestKeysRewrap_isInTheAuditLog_KEY_10(t *testing.T) {
	t.Parallel()
	first, second := key(t), key(t)
	x := newTerminal(t).withKeys(first)
	x.ok("tenant", "create", "system")
	x.ok("keys", "rewrap") // changes nothing
	x.withKeys(second, first).ok("keys", "rewrap")
	all, _ := x.withKeys(second).diagnose()
	wants(t, all, "encryption key", severityWarn, "opens the installation too")
	all, _ = x.withKeys(second, first, key(t)).diagnose()
	wants(t, all, "encryption key", severityWarn, "which opens nothing")
	x.withKeys(second).ok("keys", "rewrap")
	var rows []struct {
		Actor string                 `json:"actor_type"`
		Data  event.RootKeyRewrapped `json:"data"`
	}
	x.withKeys(second).into(&rows, "audit", "list", "--tenant", "system", "--type", "root_key.rewrapped")
	if len(rows) != 2 {
		t.Fatalf("%d events, want one for each change: %+v", len(rows), rows)
	}
	ended, added := rows[0].Data, rows[1].Data // the newest first
	if len(added.Added) != 1 || len(added.Stay) != 1 || len(added.Ended) > 0 || len(ended.Ended) != 1 || len(ended.Added) > 0 || ended.Ended[0] != added.Stay[0] || ended.Stay[0] != added.Added[0] {
		t.Errorf("added %+v, ended %+v", added, ended)
	}
	if out := x.withKeys(second).ok("audit", "list", "--tenant", "system"); strings.Contains(out, first) || strings.Contains(out, second) {
		t.Error("a key is in the audit log")
	}
	all, _ = x.withKeys(second).diagnose()
	wants(t, all, "encryption key", severityOK, ended.Stay[0])
}
