package inspection

import (
	"testing"

	"plinto/provider"
)

// F3, TOK-16.
func TestMayIntrospect_theClientAndTheAudienceOnly_F3(t *testing.T) {
	t.Parallel()
	i := &Inspected{Claims: provider.AccessClaims{ClientID: "c1", Audience: []string{"https://api.example", "api"}}}
	for _, c := range []struct {
		client provider.Client
		want   bool
	}{
		{provider.Client{ClientID: "c1"}, true},
		{provider.Client{ClientID: "api"}, true},
		{provider.Client{ClientID: "gateway", Metadata: provider.Metadata{Resources: []string{"https://api.example"}}}, true},
		{provider.Client{ClientID: "c2"}, false},
		{provider.Client{ClientID: "c2", Metadata: provider.Metadata{Resources: []string{"https://other.example"}}}, false},
		{provider.Client{ClientID: "C1"}, false},
	} {
		if got := i.MayIntrospect(&c.client); got != c.want {
			t.Errorf("%s %v: %t", c.client.ClientID, c.client.Resources, got)
		}
	}
}
