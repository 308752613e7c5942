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
