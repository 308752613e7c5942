package register

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"plinto/internal/egress"
	"plinto/internal/fault"
	"plinto/internal/scope"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// A request is what a client wants to be registered with.
type request struct {
	doc     map[string]json.RawMessage
	before  *provider.Client // as it is registered; nil for a new one
	vouched bool             // an initial access token vouches for it
}

// metadata turns a request into metadata that may be stored.
func (h *Handler) metadata(ctx context.Context, r *request) (provider.Metadata, error) {
	t := tenant.Must(ctx)
	var before provider.Metadata
	if r.before != nil {
		before = r.before.Metadata
	}
	doc, err := h.attested(ctx, r.doc, before)
	if err != nil {
		return provider.Metadata{}, err
	}
	m, problems := provider.DecodeMetadata(doc)
	m, missing := m.ForRegistration(provider.Offer{
		Implicit:          t.Settings.AllowImplicit,
		ClientCredentials: r.vouched || slices.Contains(before.GrantTypes, provider.GrantClientCredentials),
		ACRLevels:         t.Settings.ACRLevels,
	}, before)
	m, problems = m.CleanNames(), append(problems, missing...)
	if err := h.scope(ctx, &m); err != nil {
		return m, err
	}
	rules, err := h.rules(ctx, m)
	if err != nil {
		return m, err
	}
	problems = append(problems, m.Validate(rules)...)
	lookalikes, err := h.names(ctx, r, m)
	if err != nil {
		return m, err
	}
	if err := refuse(append(problems, lookalikes...)); err != nil {
		return m, err
	}
	if err := provider.VerifySector(ctx, h.Fetcher, owner(ctx), &m); err != nil {
		f, _ := fault.As(err)
		return m, because(invalid(f.Message), err)
	}
	return m, nil
}

// scope gives a client the scopes that it asked for as far as the tenant knows them,
// or else those that the tenant offers by default.
func (h *Handler) scope(ctx context.Context, m *provider.Metadata) error {
	c := &provider.Client{Metadata: *m, SelfRegistered: true}
	known, err := h.Scopes.Allowed(ctx, c)
	if err != nil {
		return err
	}
	if len(known) == 0 {
		if known, err = h.Scopes.Offered(ctx, c); err != nil {
			return err
		}
	}
	m.Scope = scope.Join(known)
	m.DefaultScope = scope.Join(scope.Among(strings.Fields(m.DefaultScope), known))
	return nil
}

// refuse words the first problem, one of redirect_uris before all others (RFC 7591
// §3.2.2).
func refuse(problems []provider.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	isRedirect := func(p provider.Problem) bool { return strings.HasPrefix(p.Member, "redirect_uris") }
	if i := slices.IndexFunc(problems, isRedirect); i >= 0 {
		return &web.OAuthError{Code: "invalid_redirect_uri", Description: describe(problems[i])}
	}
	return invalid(describe(problems[0]))
}

// maxDescription bounds what an answer repeats of a request, in bytes.
const maxDescription = 300

func describe(p provider.Problem) string {
	text := p.Member + ": " + p.Message
	return text[:min(len(text), maxDescription)]
}

func invalid(description string) error {
	return &web.OAuthError{Code: "invalid_client_metadata", Description: description}
}

// owner is on whose behalf documents are read: every registering client's, which are
// strangers.
func owner(ctx context.Context) egress.Owner {
	return egress.Owner{Tenant: tenant.Must(ctx).ID.String(), Kind: egress.Registration}
}

// because adds a cause, as text for logs: its kind is not that of the answer.
func because(err, cause error) error {
	if o, ok := err.(*web.OAuthError); ok { //nolint:errorlint // it was made a moment ago
		o.Cause = fmt.Errorf("%v", cause) //nolint:errorlint // only its text
	}
	return err
}
