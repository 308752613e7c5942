package engine

import (
	"maps"
	"slices"
	"testing"

	"plinto/provider"
)

// The token endpoint has a handler for every grant that is offered, and for no other;
// implicit is answered by the authorization endpoint.
func TestEngine_handlesExactlyTheGrantsOffered(t *testing.T) {
	t.Parallel()
	want := slices.DeleteFunc(slices.Sorted(slices.Values(provider.GrantTypes)), func(g string) bool { return g == provider.GrantImplicit })
	if got := slices.Sorted(maps.Keys(newConfig(&Engine{}).byGrant)); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
