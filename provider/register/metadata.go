package register

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"plinto/internal/egress"
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
	ctx = egress.As(ctx, t.ID.String())
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
	}, before)
	problems = append(problems, missing...)
	if err := h.scope(ctx, &m); err != nil {
		return m, err
	}
	rules, err := h.rules(ctx, m)
	if err != nil {
		return m, err
	}
	problems = append(problems, m.Validate(rules)...)
	if err := refuse(problems); err != nil {
		return m, err
	}
	return m, h.checkSector(ctx, m)
}

// scope gives a client the scopes that it asked for as far as the tenant knows them,
// or else those that the tenant offers by default.
func (h *Handler) scope(ctx context.Context, m *provider.Metadata) error {
	known, err := h.Scopes.Allowed(ctx, &provider.Client{Metadata: *m})
	if err != nil {
		return err
	}
	if len(known) == 0 {
		if known, err = h.Scopes.Offered(ctx); err != nil {
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

// checkSector reads what sector_identifier_uri leads to: a JSON list with all the
// client's redirect URIs (OpenID Connect Registration 1.0 §5).
func (h *Handler) checkSector(ctx context.Context, m provider.Metadata) error {
	if m.SectorIdentifierURI == "" {
		return nil
	}
	body, err := h.Fetcher.Get(ctx, m.SectorIdentifierURI, "application/json")
	if err != nil {
		return because(invalid("sector_identifier_uri cannot be read"), err)
	}
	var uris []string
	if err := json.Unmarshal(body, &uris); err != nil {
		return because(invalid("sector_identifier_uri is not a JSON list of URIs"), err)
	}
	for _, uri := range m.RedirectURIs {
		if !slices.Contains(uris, uri) {
			return invalid("sector_identifier_uri does not list every redirect URI")
		}
	}
	return nil
}

// because adds a cause, as text for logs: its kind is not that of the answer.
func because(err, cause error) error {
	if o, ok := err.(*web.OAuthError); ok { //nolint:errorlint // it was made a moment ago
		o.Cause = fmt.Errorf("%v", cause) //nolint:errorlint // only its text
	}
	return err
}
