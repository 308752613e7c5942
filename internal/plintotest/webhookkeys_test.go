package plintotest

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/event/webhook"
	"plinto/internal/secret"
	"plinto/internal/tid"
	"plinto/tenant"
)

// webhooks returns the service of the server's endpoints.
func (s *Server) webhooks() *webhook.Service {
	return &webhook.Service{
		Endpoints: s.Store.Webhooks, Writes: s.Store.Webhooks, Deliveries: s.Store.WebhookDeliveries, Vault: webhook.NewVault(s.Root),
		CheckURL: func(string) error { return nil }, Outbox: s.Store.Outbox, Tx: s.Store.DB, Now: time.Now,
	}
}

// webhookKeys gets the keys of an endpoint at an issuer.
func (s *Server) webhookKeys(t *testing.T, issuer, id string, change ...func(*http.Request)) (*http.Response, []string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, issuer+"/.well-known/webhook-keys/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(req)
	}
	res, err := s.HTTP().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var said struct{ Keys []string }
	if res.StatusCode == http.StatusOK {
		if err := json.Unmarshal(body, &said); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
	}
	if strings.Contains(string(body), "whsec_") {
		t.Errorf("the answer has a secret: %s", body)
	}
	return res, said.Keys
}

func TestWebhookKeys_areThoseThatSignNow(t *testing.T) {
	t.Parallel()
	s := Start(t)
	hooks := s.webhooks()
	e, first, err := hooks.Create(s.In(), webhook.Spec{URL: "https://a.example/hook?token=inside", Events: []event.Filter{"*"}}, secret.String{})
	if err != nil {
		t.Fatal(err)
	}
	res, keys := s.webhookKeys(t, s.Issuer(), e.PublicID())
	if !slices.Equal(keys, []string{first.PublicKey()}) || res.Header.Get("Content-Type") != "application/json" ||
		res.Header.Get("Cache-Control") != "public, max-age=300" || res.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("got %v with %v, want %s, cached for five minutes and for every page", keys, res.Header, first.PublicKey())
	}
	etag := res.Header.Get("ETag")
	if again, _ := s.webhookKeys(t, s.Issuer(), e.PublicID(), With("If-None-Match", etag)); etag == "" || again.StatusCode != http.StatusNotModified {
		t.Errorf("got %d for what is known already, ETag %q", again.StatusCode, etag)
	}
	second, err := hooks.Rotate(s.In(), e.ID, time.Hour, secret.String{})
	if err != nil {
		t.Fatal(err)
	}
	both := []string{second.PublicKey(), first.PublicKey()}
	Eventually(t, "both keys are there during the rotation", func() bool {
		res, keys = s.webhookKeys(t, s.Issuer(), e.PublicID(), With("If-None-Match", etag))
		return slices.Equal(keys, both)
	})
	third, err := hooks.Rotate(s.In(), e.ID, 0, secret.String{})
	if err != nil {
		t.Fatal(err)
	}
	Eventually(t, "a leaked key is gone at once", func() bool {
		_, keys = s.webhookKeys(t, s.Issuer(), e.PublicID())
		return slices.Equal(keys, []string{third.PublicKey()})
	})
}

func TestWebhookKeys_areOfNobodyElse(t *testing.T) {
	t.Parallel()
	s := Start(t)
	other := s.NewTenant("other", "", tenant.Settings{})
	hooks := s.webhooks()
	spec := webhook.Spec{URL: "https://a.example/", Events: []event.Filter{"*"}}
	e, _, err := hooks.Create(tenant.With(t.Context(), other), spec, secret.String{})
	if err != nil {
		t.Fatal(err)
	}
	if res, keys := s.webhookKeys(t, other.Issuer, e.PublicID()); res.StatusCode != http.StatusOK || len(keys) != 1 {
		t.Fatalf("got %d %v at its own issuer", res.StatusCode, keys)
	}
	for what, id := range map[string]string{
		"another tenant's": e.PublicID(), "nobody's": tid.Format(webhook.EndpointPrefix, uuid.New()), "none": "nonsense", "nothing": "",
		"a path": e.PublicID() + "/x", "another kind": tid.Format("user", e.ID),
	} {
		if res, keys := s.webhookKeys(t, s.Issuer(), id); res.StatusCode != http.StatusNotFound || len(keys) > 0 || strings.Contains(res.Header.Get("Cache-Control"), "max-age=300") {
			t.Errorf("%s: got %d %v %q, want 404 that is not cached", what, res.StatusCode, keys, res.Header.Get("Cache-Control"))
		}
	}
}
