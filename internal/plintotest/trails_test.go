package plintotest

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"plinto/event/explain"
	"plinto/provider"
)

// trails waits until the trails of a request are stored.
func (s *Server) trails(id string) (found []explain.Trail) {
	s.t.Helper()
	ctx, stop := context.WithTimeout(s.In(), 20*time.Second)
	defer stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		found, err := s.Store.Trails.ByRequest(ctx, id)
		if err == nil {
			return found
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.t.Fatalf("no trail of the request %s: %v", id, err)
		}
	}
}

// An application whose users do not come back after a logout hears nothing of it: plinto explain says why.
func TestTrails_sayWhyALogoutDoesNotComeBack(t *testing.T) {
	t.Parallel()
	s := Start(t)
	m := web("https://rp.example/cb")
	m.PostLogoutRedirectURIs = []string{"https://rp.example"}
	client, _ := s.Client(m)
	query := url.Values{"client_id": {client.ClientID}, "post_logout_redirect_uri": {"https://rp.example/?mail=alice@example.com"}}
	answer := s.Send(http.MethodGet, "/oauth2/logout?"+query.Encode(), nil)
	found := s.trails(answer.Header.Get("Request-Id"))
	if len(found) != 1 || found[0].ClientID != client.ClientID || len(found[0].Decided) != 1 {
		t.Fatalf("got %+v", found)
	}
	got := explain.Explain(&found[0], nil, nil)
	want := "keep the user on a page of ours after the logout, because the post_logout_redirect_uri is not one that the client registered: every byte counts (registered: https://rp.example)"
	if len(got.Decisions) != 1 || got.Decisions[0] != want {
		t.Errorf("got %q", got.Decisions)
	}
}

// LOG-21: whoever mistakes one field for another sends a secret as client_id. It is not kept.
func TestTrails_keepNoSecretThatCameAsAClientID(t *testing.T) {
	t.Parallel()
	s := Start(t)
	const secret = "mXq8zP2vR7tL4nK9wB3cF6hJ1dG5sA0yUeTiOpQr"
	for what, send := range map[string]func() Answer{
		"in the header": func() Answer {
			return s.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}}, As(&provider.Client{ClientID: secret}, "x"))
		},
		"in the form": func() Answer {
			return s.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {secret}, "client_secret": {"x"}})
		},
		"at authorization": func() Answer { return s.Send(http.MethodGet, "/oauth2/authorize?client_id="+secret, nil) },
	} {
		for _, trail := range s.trails(send().Header.Get("Request-Id")) {
			if all := trail.ClientID + trail.Cause + trail.Detail + trail.Route; strings.Contains(all, secret[:12]) {
				t.Errorf("%s: kept %+v", what, trail)
			}
			if trail.Code != "invalid_client" {
				t.Errorf("%s: got %+v", what, trail)
			}
		}
	}
}
