package manifest_test

import (
	"strings"
	"testing"

	"plinto/cmd/plinto/manifest"
	"plinto/provider"
)

// OWN-04: what Plinto made for itself is in no file, so none takes it away: whoever prunes a list of clients goes on signing in by the command
// line. A file may declare it all the same.
func TestPrune_leavesWhatPlintoMadeForItself_OWN_04(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	const empty = "tenants: [{slug: acme, clients: []}]"
	s.apply("tenants: [{slug: acme}]", false)
	if made, err := s.target.Registrar.EnsureCommandLine(s.in("acme")); err != nil || !made {
		t.Fatal(made, err)
	}
	there := func(when string) {
		t.Helper()
		if _, err := s.target.Clients.Current(s.in("acme"), provider.CommandLineClientID); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
	}
	plan, _ := s.apply(empty, true)
	if there("pruned"); len(changes(plan)) != 0 {
		t.Errorf("pruning changes %v", changes(plan))
	}
	if out := s.export(); strings.Contains(out, provider.CommandLineClientID) {
		t.Errorf("it is exported:\n%s", out)
	}

	const declared = `tenants: [{slug: acme, clients: [{client_id: plinto-cli, client_name: Plinto command line, application_type: native, token_endpoint_auth_method: none,
		redirect_uris: ["http://127.0.0.1/callback"], grant_types: [authorization_code, refresh_token], first_party: true, disabled: true}]}]`
	plan, _ = s.apply(declared, true)
	if plan.Count(manifest.Update) != 1 || !strings.Contains(s.export(), "client_id: "+provider.CommandLineClientID) {
		t.Errorf("declared: %v, and exported as\n%s", changes(plan), s.export())
	}
	plan, _ = s.apply(empty, true)
	if there("declared no more"); plan.Count(manifest.Delete) != 0 || plan.Count(manifest.Update) != 1 {
		t.Errorf("declared no more: %v, want it given up", changes(plan))
	}
}
