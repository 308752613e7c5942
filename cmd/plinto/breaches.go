package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plinto/identity"
	"plinto/internal/breach"
	"plinto/internal/breaker"
	"plinto/internal/egress"
	"plinto/tenant"
)

// breachesIn is how long a sign-in or a new password waits for the service of breached
// passwords.
const breachesIn = time.Second

// newBreaches returns what is known of breached passwords besides the embedded list, or nil
// where nothing is configured.
func newBreaches(cfg *Config, r prometheus.Registerer, breakers *breaker.Set) (identity.Breaches, error) {
	if cfg.BreachedPasswordsFile == "" && cfg.BreachedPasswordsURL == "" {
		return nil, nil
	}
	var file *breach.File
	var ranges *breach.Ranges
	var err error
	if path := cfg.BreachedPasswordsFile; path != "" {
		if file, err = breach.Open(path); err != nil {
			return nil, fmt.Errorf("PLINTO_BREACHED_PASSWORDS_FILE: %w", err)
		}
	}
	if cfg.BreachedPasswordsURL != "" {
		if ranges, err = newRanges(cfg, breakers); err != nil {
			return nil, fmt.Errorf("PLINTO_BREACHED_PASSWORDS_URL: %w", err)
		}
	}
	return breach.New(file, ranges, r), nil
}

const (
	breachLooks         = 64 // at once
	breachLooksOfTenant = 48
)

// ownRanges asks the service on behalf of the tenant whose user it is, or of the operator. The breaker is one for all: so is the service.
type ownRanges struct{ client *egress.Client }

// RoundTrip implements http.RoundTripper.
func (o ownRanges) RoundTrip(r *http.Request) (*http.Response, error) {
	by := egress.Owner{Tenant: "operator", Kind: egress.Breaches}
	if t, err := tenant.From(r.Context()); err == nil {
		by.Tenant = t.ID.String()
	}
	return o.client.For(by).RoundTrip(r)
}

func newRanges(cfg *Config, breakers *breaker.Set) (*breach.Ranges, error) {
	client, err := egress.New(egress.Options{
		AllowLoopback: cfg.EgressAllowLoopback, CAFile: cfg.EgressCAFile, Timeout: breachesIn, HeaderTimeout: breachesIn,
		Idle: 8, Places: egress.Places{All: breachLooks, Tenant: breachLooksOfTenant, Kind: breachLooksOfTenant, Client: breachLooksOfTenant},
	})
	if err != nil {
		return nil, fmt.Errorf("make egress client: %w", err)
	}
	url := strings.TrimSuffix(cfg.BreachedPasswordsURL, "/") + "/"
	if err := client.CheckURL(url); err != nil {
		return nil, err
	}
	return &breach.Ranges{
		URL: url, Transport: ownRanges{client},
		Breaker: breakers.New(breaker.Options{Name: "breached-passwords", Timeout: breachesIn}),
	}, nil
}
