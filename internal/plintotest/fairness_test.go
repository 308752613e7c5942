package plintotest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"plinto/provider"
	"plinto/tenant"
)

// A tenant whose clients have slow servers holds up its own requests for request
// objects, and neither its other requests nor anybody else's.
func TestEgress_oneTenantsSlowServersHoldUpNobodyElse(t *testing.T) {
	t.Parallel()
	s := Start(t)
	release, entered, asked := make(chan struct{}), make(chan struct{}, 100), make(chan string, 100)
	slow := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { entered <- struct{}{}; <-release }))
	defer slow.Close()
	quick := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.Path }))
	defer quick.Close()
	var all sync.WaitGroup
	defer all.Wait()
	defer close(release)
	open := func(in *tenant.Tenant, c *provider.Client, name, value string) {
		res, err := s.HTTP().Get(in.Issuer + "/oauth2/authorize?" + url.Values{"client_id": {c.ClientID}, name: {value}}.Encode())
		if err != nil {
			t.Error(err)
			return
		}
		_ = res.Body.Close()
	}
	for i := range 8 { // each client alone does not fill what a tenant has
		uri := fmt.Sprint(slow.URL, "/object", i)
		c, _ := s.Client(provider.Metadata{RedirectURIs: []string{"https://rp.test/cb"}, RequestURIs: []string{uri}})
		for range 4 {
			all.Go(func() { open(s.Tenant, c, "request_uri", uri) })
		}
	}
	for range 8 {
		<-entered
	}
	other := s.NewTenant("other", "", tenant.Settings{})
	for name, in := range map[string]*tenant.Tenant{"/other": other, "/same": s.Tenant} {
		c, _ := s.ClientIn(in, provider.Metadata{RedirectURIs: []string{"https://rp.test/cb"}, JWKSURI: quick.URL + name})
		open(in, c, "request", "e30.e30.e30") // whose signature the client's keys are read for
		select {
		case path := <-asked:
			if path != name {
				t.Errorf("keys of %s were asked for, want %s", path, name)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: the client's keys were not asked for", name)
		}
	}
}
