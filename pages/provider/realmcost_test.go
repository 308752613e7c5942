package provider_test

import (
	"strings"
	"testing"

	"plinto/internal/plintotest"
	"plinto/internal/testservice"
	"plinto/storage/storagetest"
)

// FED-52: the statements of a refusal do not tell a right password, or somebody's name, where a provider is required.
func TestRealm_everyRefusalCostsTheSame(t *testing.T) {
	t.Parallel()
	tracer := &testservice.Statements{}
	database, owner := storagetest.URL(t)
	w := newWorld(t, plintotest.Options{Database: database, Tracer: tracer}, required)
	w.Owner = storagetest.Owner(t, owner)
	w.named(w.User("alice@example.com").ID, "alice", "username")
	work := map[string]string{}
	for range 3 { // on a busy machine something else may be read meanwhile: the least counts
		for what, try := range map[string][2]string{"right": {"alice", plintotest.Password}, "wrong": {"alice", "wrong-password"}, "nobody": {"nobody", "wrong-password"}} {
			p := w.local(w.Browser(), nil)
			sent, trips := tracer.During(func() { p.Submit("submit", map[string]string{"username": try[0], "password": try[1]}) })
			if all := strings.Join(sent, ";\n") + strings.Repeat("+", trips); work[what] == "" || len(all) < len(work[what]) {
				work[what] = all
			}
		}
	}
	if work["right"] != work["wrong"] || work["wrong"] != work["nobody"] {
		t.Errorf("right:\n%s\nwrong:\n%s\nnobody:\n%s", work["right"], work["wrong"], work["nobody"])
	}
}
