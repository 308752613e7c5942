package logout

import (
	"testing"

	"github.com/google/uuid"

	"plinto/provider"
)

func TestTarget_addsTheStateToWhatIsRegistered(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		request request
		want    string
	}{
		"no address":     {request{State: "s"}, ""},
		"no state":       {request{Redirect: "https://rp.test/out?a=b"}, "https://rp.test/out?a=b"},
		"state":          {request{Redirect: "https://rp.test/out", State: "s"}, "https://rp.test/out?state=s"},
		"with a query":   {request{Redirect: "https://rp.test/out?a=%20b", State: "s"}, "https://rp.test/out?a=%20b&state=s"},
		"is not a query": {request{Redirect: "https://rp.test/out", State: "s&to=https://evil.test/"}, "https://rp.test/out?state=s%26to%3Dhttps%3A%2F%2Fevil.test%2F"},
	} {
		if got := tt.request.target(); got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}

// Front-Channel Logout 1.0 §2: issuer and session come with it where the client wants them.
func TestFrame_isTheClientsLogoutPage(t *testing.T) {
	t.Parallel()
	session, id := uuid.New(), uuid.New()
	sid := provider.SID(session, id)
	for name, tt := range map[string]struct {
		uri    string
		wanted bool
		want   string
	}{
		"none":                    {"", true, ""},
		"as registered":           {"https://rp.test/out?a=b", false, "https://rp.test/out?a=b"},
		"with the session":        {"https://rp.test/out?a=b", true, "https://rp.test/out?a=b&iss=https%3A%2F%2Fid.example&sid=" + sid},
		"without its fragment":    {"https://rp.test/out#x", false, "https://rp.test/out"},
		"no origin for a policy":  {"com.example.app:/out", false, ""},
		"what cannot be a policy": {"https://rp.test;script-src *", false, ""},
	} {
		c := &provider.Client{ID: id, Metadata: provider.Metadata{FrontchannelLogoutURI: tt.uri, FrontchannelLogoutSessionRequired: tt.wanted}}
		if got := frame(c, "https://id.example", session); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}
