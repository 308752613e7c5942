package assembly

import (
	"context"
	"errors"
	"slices"
	"time"

	"plinto/internal/egress"
	"plinto/internal/fault"
	"plinto/internal/jwt"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// An Assembler assembles authorization requests. All members are required.
type Assembler struct {
	Clients  provider.Clients
	Scopes   provider.ScopePolicy
	Hints    Hints
	Keys     Keys
	Fetcher  Fetcher
	Pushed   provider.PushedRequests
	Subjects provider.Subjects
	SignUp   func(*tenant.Tenant) bool // whether people may make accounts for themselves
	// Locales returns those of ui_locales that there are pages in, as their BCP 47 tags.
	Locales func([]string) []string
	Now     func() time.Time
}

// Keys verify what clients signed.
type Keys interface {
	// Verify checks a JWS against the client's registered keys.
	Verify(ctx context.Context, c *provider.Client, token string, opts jwt.Options) (payload []byte, h jwt.Header, err error)
}

// Hints verify ID tokens of ours. The engine does.
type Hints interface {
	// OwnToken verifies an ID token that was issued to the client, expired or not.
	OwnToken(ctx context.Context, c *provider.Client, token string) ([]byte, error)
}

// A Fetcher gets documents from clients' addresses. The egress client is one.
type Fetcher interface {
	Get(ctx context.Context, by egress.Owner, rawURL, accept string) ([]byte, error)
}

// A Result is a request with its client. It is returned with an error too: it says
// whether, where and how the error can be answered.
type Result struct {
	Client  *provider.Client
	Request provider.Request
	// Answerable is set once client and redirect URI are known to belong together:
	// from then on errors go to the client, before to the user.
	Answerable bool
}

// A Refusal is an authorization error by its registered code (RFC 6749 §4.1.2.1,
// OpenID Connect Core 1.0 §3.1.2.6, RFC 9101 §7). The description never repeats input.
type Refusal struct {
	Code        string
	Description string
	// Sent is what client_id or redirect_uri came with when that is what is refused: for
	// a developer, and for no answer and no log.
	Sent []string
}

func (r *Refusal) Error() string { return r.Code + ": " + r.Description }

func refuse(code, description string) error { return &Refusal{Code: code, Description: description} }

func refuseSent(code, description string, sent []string) error {
	return &Refusal{Code: code, Description: description, Sent: sent}
}

// draft is a request being put together. Checks fill it in order.
type draft struct {
	Result
	tenant *tenant.Tenant
	params web.Form
	// pushing says that this is the endpoint for pushed requests, where the client
	// has authenticated.
	pushing bool
	// signed says that the parameters come from a request object.
	signed bool
	// done says that nothing is left to check.
	done bool
}

// A check looks at one thing. The first error ends the assembly.
type check struct {
	name string
	run  func(context.Context, *Assembler, *draft) error
}

// checks is every authorization request, top to bottom (node-oidc-provider's
// proven order).
var checks = []check{
	{"client", checkClient},
	{"pushed request", usePushed},
	{"request object", useObject},
	{"redirect_uri", checkRedirectURI},
	{"state's return", noteState},
	{"response_mode", checkResponseMode},
	{"state", checkState},
	{"repeated parameters", checkRepeated},
	{"unsupported parameters", checkUnsupported},
	{"client's own demands", checkDemands},
	{"response_type", checkResponseType},
	{"prompt", checkPrompt},
	{"scope", checkScope},
	{"resource", checkResource},
	{"nonce", checkNonce},
	{"PKCE", checkPKCE},
	{"max_age", checkMaxAge},
	{"claims", checkClaims},
	{"acr_values", checkACR},
	{"id_token_hint", checkHint},
	{"organization", checkOrganization},
	{"connection", checkConnection},
	{"domain_hint", checkDomainHint},
	{"hints", checkPlainHints},
}

// Assemble runs the checks on the parameters of an authorization request. The
// Result is never nil. Errors that are not a *Refusal are faults of ours.
func (a *Assembler) Assemble(ctx context.Context, params web.Form) (*Result, error) {
	d := &draft{tenant: tenant.Must(ctx), params: params}
	return &d.Result, a.run(ctx, d)
}

// Push runs the checks on a request that an authenticated client pushes (RFC 9126
// §2.1). What it authenticated with is not part of the request.
func (a *Assembler) Push(ctx context.Context, c *provider.Client, params web.Form) (*provider.Request, error) {
	return a.push(ctx, c, without(params, credentials))
}

// credentials are the parameters with which clients authenticate.
var credentials = []string{"client_secret", "client_assertion", "client_assertion_type"}

// Direct runs the checks on a request that an authenticated client makes at the authorization challenge
// endpoint (draft-ietf-oauth-first-party-apps-04 §5.1): its answer is a code, which goes to no
// redirect URI. own are the parameters that are the endpoint's own.
func (a *Assembler) Direct(ctx context.Context, c *provider.Client, params web.Form, own []string) (*provider.Request, error) {
	kept := without(without(params, credentials), append([]string{"response_mode", "state"}, own...))
	if !kept.Has("response_type") {
		kept["response_type"] = []string{"code"}
	}
	if kept.Get("response_type") != "code" {
		return nil, refuse("unsupported_response_type", "the response type has to be code")
	}
	named := kept.Has("redirect_uri")
	if !named && len(c.RedirectURIs) > 0 {
		kept["redirect_uri"] = c.RedirectURIs[:1]
	}
	request, err := a.push(ctx, c, kept)
	if err == nil {
		request.RedirectURISent = named
	}
	return request, err
}

func without(params web.Form, names []string) web.Form {
	kept := web.Form{}
	for name, values := range params {
		if !slices.Contains(names, name) {
			kept[name] = values
		}
	}
	return kept
}

func (a *Assembler) push(ctx context.Context, c *provider.Client, params web.Form) (*provider.Request, error) {
	params["client_id"] = []string{c.ClientID}
	if len(params.Given("request_uri")) > 0 {
		return nil, refuse("invalid_request", "request_uri cannot be pushed")
	}
	d := &draft{tenant: tenant.Must(ctx), params: params, pushing: true}
	if err := a.run(ctx, d); err != nil {
		return nil, err
	}
	return &d.Request, nil
}

func (a *Assembler) run(ctx context.Context, d *draft) error {
	for _, c := range checks {
		if err := c.run(ctx, a, d); err != nil || d.done {
			return err
		}
	}
	return nil
}

func isNotFound(err error) bool { return errors.Is(err, fault.NotFound) }
