package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"plinto/internal/egress"
	"plinto/internal/testworld"
	"plinto/tenant"
)

// MPR-12: one tenant's requests to the service of breached passwords, which hang, leave places for the others'.
func TestBreaches_areAskedForByTenant_MPR_12(t *testing.T) {
	t.Parallel()
	asked, answer := make(chan struct{}, 10), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		if r.URL.Path == "/hangs" {
			<-answer
		}
		w.WriteHeader(http.StatusOK)
	}))
	t.Cleanup(server.Close)
	client, err := egress.New(egress.Options{AllowLoopback: true, Timeout: time.Minute, HeaderTimeout: time.Minute, Places: egress.Places{All: 2, Tenant: 1, Kind: 1, Client: 1}})
	if err != nil {
		t.Fatal(err)
	}
	a, b := testworld.Tenant("a"), testworld.Tenant("b")
	asks := func(at tenant.Tenant, path string) error {
		ctx, cancel := context.WithTimeout(tenant.With(t.Context(), &at), 20*time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path, nil)
		if err != nil {
			return err
		}
		answer, err := ownRanges{client}.RoundTrip(r)
		if err == nil {
			_ = answer.Body.Close()
		}
		return err
	}
	done := make(chan error, 2)
	for range cap(done) {
		go func() { done <- asks(a, "/hangs") }()
	}
	<-asked
	if err := asks(b, "/quick"); err != nil {
		t.Error(err)
	}
	close(answer)
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
