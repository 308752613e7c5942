package authorize

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/jwt"
	"plinto/internal/redirecturi"
	"plinto/internal/scope"
	"plinto/internal/tid"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// An assembly is a request being put together. Checks fill it in order.
type assembly struct {
	tenant *tenant.Tenant
	params web.Form
	client *provider.Client
	req    provider.Request
	// answerable is set once client and redirect URI are known to belong
	// together: from then on errors go to the client, before it to the user.
	answerable bool
}

// A check looks at one thing. The first error ends the assembly.
type check struct {
	name string
	run  func(context.Context, *Handler, *assembly) error
}

// checks is the endpoint, top to bottom (node-oidc-provider's proven order).
// Client and redirect URI come first: nothing may be sent to a redirect URI that
// is not the client's (RFC 9700 §4.11).
var checks = []check{
	{"client", checkClient},
	{"redirect_uri", checkRedirectURI},
	{"state", checkState},
	{"response_mode", checkResponseMode},
	{"repeated parameters", checkRepeated},
	{"unsupported parameters", checkUnsupported},
	{"response_type", checkResponseType},
	{"prompt", checkPrompt},
	{"scope", checkScope},
	{"resource", checkResource},
	{"nonce", checkNonce},
	{"PKCE", checkPKCE},
	{"max_age", checkMaxAge},
	{"claims", checkClaims},
	{"id_token_hint", checkHint},
	{"hints", checkPlainHints},
}

// assemble runs the checks. The assembly is returned with the error too: it says
// whether and how the error can be answered.
func (h *Handler) assemble(ctx context.Context, params web.Form) (*assembly, error) {
	a := &assembly{tenant: tenant.Must(ctx), params: params}
	for _, c := range checks {
		if err := c.run(ctx, h, a); err != nil {
			return a, err
		}
	}
	return a, nil
}

func checkClient(ctx context.Context, h *Handler, a *assembly) error {
	ids := a.params.All("client_id")
	if len(ids) != 1 || ids[0] == "" || len(ids[0]) > 255 {
		return refuse("invalid_request", "client_id is missing or repeated")
	}
	client, err := h.Clients.ByClientID(ctx, ids[0])
	if isNotFound(err) || err == nil && !client.DisabledAt.IsZero() {
		return refuse("invalid_client", "the client is not known here")
	}
	if err != nil {
		return err
	}
	a.client = client
	a.req.ClientID = client.ClientID
	return nil
}

// checkRedirectURI: the single registered URI may be left out of a plain OAuth
// request (RFC 6749 §3.1.2.3); OpenID Connect demands it (Core §3.1.2.1).
func checkRedirectURI(_ context.Context, _ *Handler, a *assembly) error {
	sent := a.params.All("redirect_uri")
	registered := a.client.RedirectURIs
	switch {
	case len(sent) == 0 && len(registered) == 1 && !slices.Contains(strings.Fields(a.params.Get("scope")), "openid"):
		a.req.RedirectURI = registered[0]
	case len(sent) != 1:
		return refuse("invalid_redirect_uri", "redirect_uri is missing or repeated")
	default:
		if _, ok := redirecturi.Match(registered, sent[0]); !ok {
			return refuse("invalid_redirect_uri", "redirect_uri is not registered for the client")
		}
		a.req.RedirectURI, a.req.RedirectURISent = sent[0], true
	}
	a.answerable = true
	a.req.ResponseMode = "query"
	return nil
}

func checkState(_ context.Context, _ *Handler, a *assembly) error {
	states := a.params.All("state")
	if len(states) > 1 {
		return refuse("invalid_request", "state is repeated")
	}
	if len(states) == 0 {
		return nil
	}
	if len(states[0]) > maxOpaque || !visible(states[0]) {
		return refuse("invalid_request", "state is longer than 1024 bytes or holds control characters")
	}
	a.req.State = states[0]
	return nil
}

func checkResponseMode(_ context.Context, _ *Handler, a *assembly) error {
	switch mode := a.params.Get("response_mode"); mode {
	case "", "query":
	case "form_post":
		a.req.ResponseMode = mode
	default:
		return refuse("invalid_request", "response_mode is not supported")
	}
	return nil
}

// checkRepeated: RFC 6749 §3.1 forbids repeating; RFC 8707 allows it for resource.
func checkRepeated(_ context.Context, _ *Handler, a *assembly) error {
	if name, ok := a.params.Repeated("resource"); ok {
		return refuse("invalid_request", name+" is repeated")
	}
	return nil
}

func checkUnsupported(_ context.Context, _ *Handler, a *assembly) error {
	for _, name := range []string{"request", "request_uri", "registration"} {
		if a.params.Has(name) {
			return refuse(name+"_not_supported", name+" is not supported")
		}
	}
	return nil
}

func checkResponseType(_ context.Context, _ *Handler, a *assembly) error {
	switch a.params.Get("response_type") {
	case "":
		return refuse("invalid_request", "response_type is missing")
	case "code":
	default:
		return refuse("unsupported_response_type", "only the response type code is supported")
	}
	if !slices.Contains(a.client.ResponseTypes, "code") || !a.client.HasGrant(provider.GrantCode) {
		return refuse("unauthorized_client", "the client is not registered for the response type")
	}
	a.req.ResponseType = "code"
	return nil
}

func checkPrompt(_ context.Context, _ *Handler, a *assembly) error {
	values := strings.Fields(a.params.Get("prompt"))
	for _, v := range values {
		switch v {
		case "none":
			if len(values) > 1 {
				return refuse("invalid_request", "prompt=none excludes other values")
			}
		case "login", "consent", "select_account":
		default:
			return refuse("invalid_request", "prompt has an unknown value")
		}
	}
	a.req.Prompt = values
	return nil
}

func checkScope(ctx context.Context, h *Handler, a *assembly) error {
	scopes, err := scope.Parse(a.params.Get("scope"))
	if err != nil || len(scopes) == 0 {
		return refuse("invalid_scope", "scope is missing or malformed")
	}
	known, err := h.Scopes.Allowed(ctx, a.client)
	if err != nil {
		return err
	}
	for _, s := range scopes {
		if !slices.Contains(known, s) {
			return refuse("invalid_scope", "a requested scope is unknown or not allowed for the client")
		}
	}
	// Without the refresh grant offline_access cannot be honoured; it is dropped
	// rather than refused (OpenID Connect Core §11 "MUST ignore").
	if !a.client.HasGrant(provider.GrantRefresh) {
		scopes = slices.DeleteFunc(scopes, func(s string) bool { return s == "offline_access" })
	}
	a.req.Scopes = scopes
	return nil
}

func checkResource(ctx context.Context, h *Handler, a *assembly) error {
	resources := a.params.All("resource")
	if len(resources) == 0 {
		return nil
	}
	if err := h.Scopes.CheckResources(ctx, a.client, resources); err != nil {
		return refuse("invalid_target", "a requested resource is unknown or not allowed for the client")
	}
	a.req.Resources = resources
	return nil
}

func checkNonce(_ context.Context, _ *Handler, a *assembly) error {
	a.req.Nonce = a.params.Get("nonce")
	if len(a.req.Nonce) > maxOpaque || !visible(a.req.Nonce) {
		return refuse("invalid_request", "nonce is longer than 1024 bytes or holds control characters")
	}
	return nil
}

// checkPKCE: S256 only (RFC 9700 §2.1.1). What was sent is enforced to the end,
// also for clients that need not send it.
func checkPKCE(_ context.Context, _ *Handler, a *assembly) error {
	challenge, method := a.params.Get("code_challenge"), a.params.Get("code_challenge_method")
	if challenge == "" {
		if method != "" {
			return refuse("invalid_request", "code_challenge_method without code_challenge")
		}
		if a.client.NeedsPKCE(a.tenant.Settings.RequirePKCE) {
			return refuse("invalid_request", "code_challenge is required")
		}
		return nil
	}
	if method != "S256" {
		return refuse("invalid_request", "code_challenge_method must be S256")
	}
	if !isS256(challenge) {
		return refuse("invalid_request", "code_challenge is not an S256 challenge")
	}
	a.req.Challenge = challenge
	return nil
}

func checkMaxAge(_ context.Context, _ *Handler, a *assembly) error {
	text := a.params.Get("max_age")
	if text == "" {
		a.req.MaxAge = a.client.DefaultMaxAge
		return nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 {
		return refuse("invalid_request", "max_age is not a number of seconds")
	}
	a.req.MaxAge = &seconds
	return nil
}

func checkClaims(_ context.Context, _ *Handler, a *assembly) error {
	text := a.params.Get("claims")
	if text == "" {
		return nil
	}
	var members map[string]map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &members) != nil {
		return refuse("invalid_request", "claims is not a JSON object of objects")
	}
	compact, err := json.Marshal(members)
	if err != nil {
		return refuse("invalid_request", "claims is not a JSON object of objects")
	}
	a.req.Claims = compact
	return nil
}

// checkHint reads the subject of an ID token of ours. It may have expired, and be
// signed by a key that retired; it must have been issued to this client.
func checkHint(ctx context.Context, h *Handler, a *assembly) error {
	hint := a.params.Get("id_token_hint")
	if hint == "" {
		return nil
	}
	payload, err := h.Signer.Verify(ctx, hint, "")
	if err != nil {
		return refuse("invalid_request", "id_token_hint is not an ID token of this issuer")
	}
	claims, err := jwt.ParseStandard(payload)
	if err != nil || claims.Issuer != a.tenant.Issuer || !slices.Contains(claims.Audience, a.client.ClientID) {
		return refuse("invalid_request", "id_token_hint was not issued to this client")
	}
	user, err := tid.Parse(identity.UserPrefix, claims.Subject)
	if err != nil || user == uuid.Nil {
		return refuse("invalid_request", "id_token_hint names no user")
	}
	a.req.HintUser = user
	return nil
}

// checkPlainHints: display, claims_locales and unknown parameters are never an error.
func checkPlainHints(_ context.Context, _ *Handler, a *assembly) error {
	if hint := a.params.Get("login_hint"); len(hint) <= 256 && visible(hint) {
		a.req.LoginHint = hint
	}
	if locales := strings.Fields(a.params.Get("ui_locales")); len(locales) <= 10 {
		a.req.UILocales = locales
	}
	if values := strings.Fields(a.params.Get("acr_values")); len(values) <= 10 {
		a.req.ACRValues = values
	}
	return nil
}

// maxOpaque bounds what clients make us carry: state and nonce, in bytes.
const maxOpaque = 1024

// visible reports whether s holds no control characters.
func visible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

// isS256 reports whether s is the base64url of a SHA-256 (RFC 7636 §4.2).
func isS256(s string) bool {
	if len(s) != 43 {
		return false
	}
	return !strings.ContainsFunc(s, func(c rune) bool {
		word := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
		return !word
	})
}
