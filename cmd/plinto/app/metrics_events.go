package app

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"plinto/event"
	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/internal/fault"
	"plinto/internal/web"
	"plinto/provider"
)

// Outcomes of what is counted.
const (
	success, failure = "success", "failure"
)

// Methods of signing in, as labels.
const (
	byPassword  = "password"
	byPasskey   = "passkey"
	byMailCode  = "mail_code"
	byProvider  = "federation"
	byFactor    = "second_factor"
	byNewDevice = "new_device_code"
)

// methods are what was tried where a sign-in failed for a reason. Reasons that are not here are `other`: the label is bounded whatever
// a future version says.
var methods = map[string]string{
	"bad_credentials": byPassword, "unknown_user": byPassword, "user_disabled": byPassword, "sso_required": byPassword,
	"throttled":           anyOther, // of passwords and codes alike
	"bad_passkey":         byPasskey,
	"bad_mail_code":       byMailCode,
	"bad_second_factor":   byFactor,
	"bad_device_code":     byNewDevice,
	"connection_disabled": byProvider, "connection_suspended": byProvider, "federation_denied": byProvider, "federation_unavailable": byProvider, "federation_misconfigured": byProvider,
	"federation_answer": byProvider, "federation_refused": byProvider, "federation_state": byProvider, "federation_spent": byProvider,
}

// methodOf is how somebody signed in, by the first proof.
func methodOf(f *event.SignInSucceeded) string {
	switch {
	case f.ConnectionID != "" || slices.Contains(f.AMR, identity.AMRFederated):
		return byProvider
	case slices.Contains(f.AMR, identity.AMRPassword):
		return byPassword
	case slices.Contains(f.AMR, mfa.AMRHardware), slices.Contains(f.AMR, mfa.AMRSoftware):
		return byPasskey
	case slices.Contains(f.AMR, identity.AMREmail):
		return byMailCode
	}
	return anyOther
}

// factorOf is the second factor of a sign-in, or "".
func factorOf(f *event.SignInSucceeded) string {
	first := slices.Contains(f.AMR, identity.AMRPassword) || slices.Contains(f.AMR, identity.AMREmail) || slices.Contains(f.AMR, identity.AMRFederated)
	switch {
	case slices.Contains(f.AMR, mfa.AMROTP):
		return "totp"
	case first && (slices.Contains(f.AMR, mfa.AMRHardware) || slices.Contains(f.AMR, mfa.AMRSoftware)):
		return byPasskey
	}
	return ""
}

// happened counts events that were committed.
func (m *metrics) happened(ctx context.Context, events []event.Event) {
	for i := range events {
		m.count(ctx, &events[i])
	}
}

func (m *metrics) count(ctx context.Context, e *event.Event) {
	switch f := e.Fact.(type) {
	case event.SignInSucceeded:
		m.signIns.WithLabelValues(m.names.tenant(slug(ctx)), methodOf(&f), success, "").Inc()
		if factor := factorOf(&f); factor != "" {
			m.factors.WithLabelValues(factor, success).Inc()
		}
	case event.SignInFailed:
		reason, method := e.Reason, methods[e.Reason]
		if method == "" {
			reason, method = anyOther, anyOther
		}
		if f.ConnectionID != "" {
			method = byProvider
		}
		m.signIns.WithLabelValues(m.names.tenant(slug(ctx)), method, failure, reason).Inc()
		if method == byFactor {
			m.factors.WithLabelValues("any", failure).Inc()
		}
	case event.RecoveryCodeUsed:
		m.factors.WithLabelValues("recovery_code", success).Inc()
	case event.FactorAdded:
		m.factorSet.WithLabelValues(factorKind(f.Kind), "added").Inc()
	case event.FactorRemoved:
		m.factorSet.WithLabelValues(factorKind(f.Kind), "removed").Inc()
	case event.TokenReuseDetected:
		m.reused.WithLabelValues("refresh_token").Inc()
	case event.CodeReuseDetected:
		m.reused.WithLabelValues("code").Inc()
	}
}

func factorKind(kind string) string {
	if kind == "totp" || kind == byPasskey {
		return kind
	}
	return anyOther
}

// A tokenRequest is what requests of the token endpoint are counted by.
type tokenRequest struct{ tenant, client, grant, outcome string }

// tokenAnswered counts a request of the token endpoint.
func (m *metrics) tokenAnswered(ctx context.Context, grantType string, err error) {
	grant := anyOther
	if slices.Contains(provider.GrantTypes, grantType) {
		grant = grantType
	}
	of, client := m.names.client(slug(ctx), web.ClientOf(ctx))
	m.issued.of(tokenRequest{of, client, grant, outcomeOf(err)}, m.tokenCounter).Inc()
}

func (m *metrics) tokenCounter(r tokenRequest) prometheus.Counter {
	return m.tokens.WithLabelValues(r.tenant, r.client, r.grant, r.outcome)
}

// outcomeOf tells whose fault an answer of the token endpoint is.
func outcomeOf(err error) string {
	if err == nil {
		return "issued"
	}
	var said *web.OAuthError
	if errors.As(err, &said) && said.Status < http.StatusInternalServerError {
		return "refused"
	}
	if kind := fault.KindOf(err); kind == "" || kind == fault.Unavailable {
		return "failed"
	}
	return "refused"
}
