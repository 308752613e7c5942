package assembly

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"plinto/internal/jwt"
	"plinto/provider"
)

func checkClient(ctx context.Context, a *Assembler, d *draft) error {
	ids := d.params.All("client_id")
	if len(ids) != 1 || ids[0] == "" || len(ids[0]) > 255 {
		return refuse("invalid_request", "client_id is missing or repeated")
	}
	client, err := a.Clients.ByClientID(ctx, ids[0])
	if isNotFound(err) || err == nil && !client.DisabledAt.IsZero() {
		return refuseSent("invalid_client", "the client is not known here", ids)
	}
	if err != nil {
		return err
	}
	d.Client = client
	d.Request.ClientID = client.ClientID
	return nil
}

// checkRedirectURI: the single registered URI may be left out of a plain OAuth
// request (RFC 6749 §3.1.2.3); OpenID Connect demands it (Core §3.1.2.1).
func checkRedirectURI(_ context.Context, _ *Assembler, d *draft) error {
	sent := d.params.All("redirect_uri")
	registered := d.Client.RedirectURIs
	switch {
	case len(sent) == 0 && len(registered) == 1 && !slices.Contains(strings.Fields(d.params.Get("scope")), "openid"):
		d.Request.RedirectURI = registered[0]
	case len(sent) != 1:
		return refuseSent("invalid_redirect_uri", "redirect_uri is missing or repeated", sent)
	default:
		if !d.Client.TakesRedirect(sent[0]) {
			return refuseSent("invalid_redirect_uri", "redirect_uri is not registered for the client", sent)
		}
		d.Request.RedirectURI, d.Request.RedirectURISent = sent[0], true
	}
	d.Answerable = true
	d.Request.ResponseMode = defaultMode(d.params.Get("response_type"))
	if slices.Contains(strings.Fields(d.params.Get("prompt")), provider.PromptNone) {
		d.Request.Prompt = []string{provider.PromptNone} // whatever else is wrong with it: no page is shown
	}
	return nil
}

// noteState keeps the state for whatever is answered: also an error, and also one about
// the state itself, has to give it back as it came (RFC 6749 §4.1.2.1). It is checked
// once it is known how the answer is sent.
func noteState(_ context.Context, _ *Assembler, d *draft) error {
	if states := d.params.All("state"); len(states) == 1 {
		d.Request.State = states[0]
	}
	return nil
}

// MaxState bounds the state, in bytes. It comes back in the address of the client's
// page, which few servers take longer.
const MaxState = 4096

func checkState(_ context.Context, _ *Assembler, d *draft) error {
	switch {
	case len(d.params.All("state")) > 1:
		return refuse("invalid_request", "state is repeated")
	case len(d.Request.State) > MaxState:
		return refuse("invalid_request", "state is longer than 4096 bytes")
	case !visible(d.Request.State):
		return refuse("invalid_request", "state holds control characters")
	}
	return nil
}

// Response modes (OAuth 2.0 Multiple Response Types §2, Form Post, JARM §2.3).
const (
	modeQuery    = "query"
	modeFragment = "fragment"
	modeJWT      = "jwt"
)

// defaultMode is where an answer goes that nobody said anything about: tokens go
// to the fragment, which no server on the way sees.
func defaultMode(responseType string) string {
	if direct(responseType) {
		return modeFragment
	}
	return modeQuery
}

// direct reports whether the answer itself holds a token.
func direct(responseType string) bool {
	words := strings.Fields(responseType)
	return slices.Contains(words, "token") || slices.Contains(words, "id_token")
}

// checkResponseMode: tokens never go to a query (§3.0 of Multiple Response Types,
// JARM §2.3.1 unless encrypted). An error about the mode itself is sent in the default one.
func checkResponseMode(_ context.Context, _ *Assembler, d *draft) error {
	fallback := d.Request.ResponseMode
	mode := d.params.Get("response_mode")
	carrier, signed := strings.CutSuffix(mode, "."+modeJWT)
	switch {
	case mode == "":
		return nil
	case mode == modeJWT:
		d.Request.ResponseMode = fallback + "." + modeJWT
		return nil
	case !slices.Contains(provider.ResponseModes, mode):
		return refuse("invalid_request", "response_mode is not supported")
	case carrier == modeFragment && fallback == modeQuery && !d.mayHaveFragment():
		return refuse("invalid_request", "response_mode fragment is not supported for the client, or not without code_challenge")
	case carrier == modeQuery && fallback == modeFragment && (!signed || d.Client.AuthorizationEncryptedAlg == ""):
		return refuse("invalid_request", "response_mode query cannot carry tokens")
	}
	d.Request.ResponseMode = mode
	return nil
}

// mayHaveFragment reports whether a code may go to the fragment, where libraries of
// pages want it. Browsers carry a fragment along redirects of the client's site (RFC
// 9700 §4.1.2), so it needs a challenge that makes the code worthless to others.
func (d *draft) mayHaveFragment() bool {
	switch d.Client.Profile {
	case provider.ProfileLegacy:
		return true
	case provider.ProfileStrict:
		return false
	}
	return d.params.Get("code_challenge") != ""
}

// checkRepeated: RFC 6749 §3.1 forbids repeating; RFC 8707 allows it for resource.
func checkRepeated(_ context.Context, _ *Assembler, d *draft) error {
	if name, ok := d.params.Repeated("resource"); ok {
		return refuse("invalid_request", name+" is repeated")
	}
	return nil
}

func checkUnsupported(_ context.Context, _ *Assembler, d *draft) error {
	if len(d.params.Given("registration")) > 0 {
		return refuse("registration_not_supported", "registration is not supported")
	}
	return nil
}

// checkDemands: what the client or its tenant insist on (RFC 9126 §5, RFC 9101 §10.5).
func checkDemands(_ context.Context, _ *Assembler, d *draft) error {
	if d.Client.RequireSignedRequest && !d.signed {
		return refuse("invalid_request", "the client must send signed requests")
	}
	if !d.pushing && (d.Client.RequirePAR || d.tenant.Settings.RequirePAR) {
		return refuse("invalid_request", "the client must push its requests")
	}
	return nil
}

// checkResponseType: what holds tokens is for clients of the legacy profile that
// registered it, in tenants that allow it (RFC 9700 §2.1.2).
func checkResponseType(_ context.Context, _ *Assembler, d *draft) error {
	words := strings.Fields(d.params.Get("response_type"))
	if len(words) == 0 {
		return refuse("invalid_request", "response_type is missing")
	}
	slices.Sort(words)
	responseType := strings.Join(words, " ")
	if !slices.Contains(provider.ResponseTypes, responseType) {
		return refuse("unsupported_response_type", "the response type is not supported")
	}
	if direct(responseType) && (d.Client.Profile != provider.ProfileLegacy || !d.tenant.Settings.AllowImplicit) {
		return refuse("unsupported_response_type", "the response type is not supported for the client")
	}
	if !slices.Contains(d.Client.ResponseTypes, responseType) ||
		slices.Contains(words, "code") && !d.Client.HasGrant(provider.GrantCode) || direct(responseType) && !d.Client.HasGrant(provider.GrantImplicit) {
		return refuse("unauthorized_client", "the client is not registered for the response type")
	}
	d.Request.ResponseType = responseType
	return nil
}

func checkPrompt(_ context.Context, a *Assembler, d *draft) error {
	values := strings.Fields(d.params.Get("prompt"))
	for _, v := range values {
		switch v {
		case provider.PromptNone:
			if len(values) > 1 {
				return refuse("invalid_request", "prompt=none excludes other values")
			}
		case provider.PromptCreate:
			if !a.SignUp(d.tenant) {
				return refuse("invalid_request", "nobody can sign up here")
			}
		default:
			if !slices.Contains(provider.Prompts, v) {
				return refuse("invalid_request", "prompt has an unknown value")
			}
		}
	}
	d.Request.Prompt = slices.Compact(slices.Sorted(slices.Values(values))) // each once: they travel with the flow
	return nil
}

func checkNonce(_ context.Context, _ *Assembler, d *draft) error {
	d.Request.Nonce = d.params.Get("nonce")
	if d.Request.Nonce == "" && d.Request.Answers("id_token") {
		return refuse("invalid_request", "nonce is required for the response type") // OpenID Connect Core 1.0 §3.2.2.1
	}
	if len(d.Request.Nonce) > maxNonce || !visible(d.Request.Nonce) {
		return refuse("invalid_request", "nonce is longer than 1024 bytes or holds control characters")
	}
	return nil
}

// checkPKCE: S256 only (RFC 9700 §2.1.1). What was sent is enforced to the end,
// also for clients that need not send it.
func checkPKCE(_ context.Context, _ *Assembler, d *draft) error {
	challenge, method := d.params.Get("code_challenge"), d.params.Get("code_challenge_method")
	if challenge == "" {
		if method != "" {
			return refuse("invalid_request", "code_challenge_method without code_challenge")
		}
		if d.Request.Answers("code") && d.Client.NeedsPKCE(d.tenant.Settings.RequirePKCE) {
			return refuse("invalid_request", "code_challenge is required")
		}
		return nil
	}
	if !slices.Contains(provider.ChallengeMethods, method) {
		return refuse("invalid_request", "code_challenge_method must be S256")
	}
	if !isS256(challenge) {
		return refuse("invalid_request", "code_challenge is not an S256 challenge")
	}
	d.Request.Challenge = challenge
	return nil
}

// longestAge is a century in seconds. More means no more, and overflows what times are compared with.
const longestAge = 100 * 365 * 24 * 60 * 60

func checkMaxAge(_ context.Context, _ *Assembler, d *draft) error {
	text := d.params.Get("max_age")
	if text == "" {
		if most := d.Client.DefaultMaxAge; most != nil {
			seconds := min(*most, longestAge)
			d.Request.MaxAge = &seconds
		}
		return nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 {
		return refuse("invalid_request", "max_age is not a number of seconds")
	}
	seconds = min(seconds, longestAge)
	d.Request.MaxAge = &seconds
	return nil
}

const maxACRs = 10

// checkACR reads acr_values, which are voluntary (OpenID Connect Core 1.0 §3.1.2.1).
func checkACR(_ context.Context, _ *Assembler, d *draft) error {
	if d.Request.ACREssential || len(d.Request.ACRValues) > 0 {
		return nil // the claims parameter said more
	}
	wanted := strings.Fields(d.params.Get("acr_values"))
	if len(wanted) == 0 || len(wanted) > maxACRs {
		wanted = d.Client.DefaultACRValues
	}
	d.Request.ACRValues = d.knownACRs(wanted)
	return nil
}

// knownACRs leaves out the classes that the tenant does not have: no sign-in can reach
// them, and they would be stored with the flow.
func (d *draft) knownACRs(wanted []string) (known []string) {
	for _, acr := range wanted {
		if d.tenant.Settings.ACRLevels.Has(acr) && !slices.Contains(known, acr) {
			known = append(known, acr)
		}
	}
	return known
}

// checkHint reads the subject of an ID token of ours. It may have expired, and be
// signed by a key that retired; it must have been issued to this client.
func checkHint(ctx context.Context, a *Assembler, d *draft) error {
	hint := d.params.Get("id_token_hint")
	if hint == "" {
		return nil
	}
	payload, err := a.Hints.OwnToken(ctx, d.Client, hint)
	if err != nil {
		return refuse("invalid_request", "id_token_hint is not an ID token of this issuer")
	}
	claims, err := jwt.ParseStandard(payload)
	if err != nil || claims.Issuer != d.tenant.Issuer || claims.Subject == "" || !slices.Contains(claims.Audience, d.Client.ClientID) {
		return refuse("invalid_request", "id_token_hint was not issued to this client")
	}
	if d.Request.HintSubject != "" && d.Request.HintSubject != claims.Subject {
		return refuse("invalid_request", "id_token_hint and claims name different users")
	}
	d.Request.HintSubject = claims.Subject
	return nil
}

// checkOrganization: whether there is such an organization, and whether the user is in it, is answered
// to who is signed in.
func checkOrganization(_ context.Context, _ *Assembler, d *draft) error {
	name := d.params.Get("organization")
	if len(name) > maxOrganization || !visible(name) {
		return refuse("invalid_request", "organization is not the id or slug of one")
	}
	d.Request.Organization = name
	return nil
}

// checkConnection: whether there is such a connection is answered on the sign-in page.
func checkConnection(_ context.Context, _ *Assembler, d *draft) error {
	slug := d.params.Get("connection")
	if len(slug) > maxConnection || !visible(slug) {
		return refuse("invalid_request", "connection is not the slug of one")
	}
	if slug != "" && !d.Client.TakesConnection(slug) {
		return refuse("invalid_request", "connection is not one that the client takes")
	}
	d.Request.Connection = slug
	return nil
}

// checkDomainHint: a domain that nobody signs in with elsewhere says nothing.
func checkDomainHint(_ context.Context, _ *Assembler, d *draft) error {
	domain := d.params.Get("domain_hint")
	if len(domain) > maxDomain || !visible(domain) {
		return refuse("invalid_request", "domain_hint is not a domain name")
	}
	d.Request.DomainHint = domain
	return nil
}

// maxDomain bounds a domain name, in bytes (RFC 1035 §2.3.4): an A-label may be shorter than what it stands for.
const maxDomain = 253

// maxConnection bounds the slug of a connection, in bytes.
const maxConnection = 63

// maxOrganization bounds the name of an organization in a request, in bytes: slugs are shorter.
const maxOrganization = 64

// checkPlainHints: display, claims_locales and unknown parameters are never an error,
// and are not kept. Of ui_locales those are kept that there are pages in.
func checkPlainHints(_ context.Context, a *Assembler, d *draft) error {
	if hint := d.params.Get("login_hint"); len(hint) <= 256 && visible(hint) {
		d.Request.LoginHint = hint
	}
	d.Request.UILocales = a.Locales(strings.Fields(d.params.Get("ui_locales")))
	return nil
}

// maxNonce bounds the nonce, in bytes. It is kept with the code.
const maxNonce = 1024

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
