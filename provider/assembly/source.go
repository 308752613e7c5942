package assembly

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"plinto/internal/egress"
	"plinto/internal/fault"
	"plinto/internal/jwt"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// PushedPrefix starts every request_uri that stands for a pushed request (RFC 9126 §2.2).
const PushedPrefix = "urn:ietf:params:oauth:request_uri:"

// PushedTokenPrefix starts the random part.
const PushedTokenPrefix = "plpr_"

// PushedHash is what is kept of a request_uri.
func PushedHash(t tenant.ID, requestURI string) []byte {
	return secret.Hash("request_uri", t, strings.TrimPrefix(requestURI, PushedPrefix))
}

// usePushed takes a pushed request for what it was when it was pushed, as long as the client has the redirect
// URI. Everything else that was sent is ignored (RFC 9126 §4). It is not used up by a visit:
// people reload pages, and mail programs open links.
func usePushed(ctx context.Context, a *Assembler, d *draft) error {
	uri := d.params.Get("request_uri")
	if !strings.HasPrefix(uri, PushedPrefix) {
		return nil
	}
	if d.pushing || !alone(d.params) {
		return refuse("invalid_request", "request and request_uri exclude each other")
	}
	unknown := refuse("invalid_request_uri", "the request_uri is unknown, expired, used, or another client's")
	if !secret.WellFormed(PushedTokenPrefix, strings.TrimPrefix(uri, PushedPrefix)) {
		return unknown
	}
	hash := PushedHash(d.tenant.ID, uri)
	pushed, err := a.Pushed.Find(ctx, hash)
	if errors.Is(err, provider.ErrPushedUnknown) || err == nil && pushed.ClientID != d.Client.ID {
		return unknown
	}
	if err != nil {
		return err
	}
	if !d.Client.TakesRedirect(pushed.Request.RedirectURI) { // it was given up since
		return refuseSent("invalid_redirect_uri", "redirect_uri is no longer registered for the client", []string{pushed.Request.RedirectURI})
	}
	d.Request = pushed.Request
	d.Request.Pushed = hash
	d.Answerable, d.done = true, true
	return nil
}

// alone reports whether request or request_uri was sent without the other, and neither twice.
func alone(params web.Form) bool {
	return (params.Get("request") == "" || params.Get("request_uri") == "") && len(params.All("request")) <= 1 && len(params.All("request_uri")) <= 1
}

// useObject replaces the parameters by those of a request object (RFC 9101): of
// what was sent beside it, only the client_id counts (§5, §6.3).
func useObject(ctx context.Context, a *Assembler, d *draft) error {
	object, uri := d.params.Get("request"), d.params.Get("request_uri")
	if object == "" && uri == "" {
		return nil
	}
	d.answerLike(ctx, d.params)
	if !alone(d.params) {
		return refuse("invalid_request", "request and request_uri exclude each other, and cannot be repeated")
	}
	if object == "" {
		fetched, err := a.fetch(ctx, d.Client, uri)
		if err != nil {
			return err
		}
		object = fetched
	}
	params, err := a.open(ctx, d, object)
	if err != nil {
		return err
	}
	params["client_id"] = []string{d.Client.ClientID}
	d.params, d.signed = params, true
	d.Request, d.Answerable = provider.Request{ClientID: d.Client.ClientID}, false // nothing that was sent beside it counts
	return nil
}

// answerLike lets an error of the object itself go to the client, when what was
// sent beside the object says where.
func (d *draft) answerLike(ctx context.Context, params web.Form) {
	trial := &draft{Result: Result{Client: d.Client}, tenant: d.tenant, params: params}
	for _, c := range []func(context.Context, *Assembler, *draft) error{checkRedirectURI, noteState, checkResponseMode} {
		if c(ctx, nil, trial) != nil {
			return
		}
	}
	trial.Request.ClientID = d.Client.ClientID
	d.Request, d.Answerable = trial.Request, true
}

// maxFetched bounds a request object behind a request_uri, in bytes.
const maxFetched = jwt.MaxTokenBytes

// fetch gets a request object by reference, from an address the client registered
// and from no other (RFC 9101 §10.4). The fragment is for us, not for the server.
func (a *Assembler) fetch(ctx context.Context, c *provider.Client, uri string) (string, error) {
	if !slices.Contains(c.RequestURIs, uri) {
		return "", refuse("invalid_request_uri", "the request_uri is not registered for the client")
	}
	address, _, _ := strings.Cut(uri, "#")
	by := egress.Owner{Tenant: tenant.Must(ctx).ID.String(), Kind: egress.RequestObjects, Client: c.ClientID}
	body, err := a.Fetcher.Get(ctx, by, address, "application/oauth-authz-req+jwt, application/jwt")
	if err != nil || len(body) > maxFetched {
		if fault.KindOf(err) == fault.Unavailable || err == nil || fault.KindOf(err) == fault.Invalid {
			return "", refuse("invalid_request_uri", "the request_uri could not be read")
		}
		return "", err
	}
	return strings.TrimSpace(string(body)), nil
}

// Limits of request objects.
const (
	objectLeeway   = 10 * time.Second
	objectLifetime = time.Hour
)

// errObject is the one answer to a request object that is no good.
var errObject = refuse("invalid_request_object", "the request object is malformed, expired, not signed by the client, or not for this server")

// open verifies a request object and returns its parameters (RFC 9101 §6).
// Encrypted and unsigned ones are not accepted.
func (a *Assembler) open(ctx context.Context, d *draft, object string) (web.Form, error) {
	algs := jwt.Asymmetric()
	if d.Client.RequestObjectSigningAlg != "" {
		algs = []string{d.Client.RequestObjectSigningAlg}
	}
	payload, header, err := a.Keys.Verify(ctx, d.Client, object, jwt.Options{Algorithms: algs, KeyIDOptional: true})
	if err != nil {
		if fault.KindOf(err) == fault.Unavailable && !errors.Is(err, jwt.ErrUnknownKey) {
			return nil, refuse("invalid_request_object", "the client's keys could not be read")
		}
		return nil, errObject
	}
	if typ := strings.ToLower(strings.TrimPrefix(header.Type, "application/")); typ != "" && typ != "jwt" && typ != "oauth-authz-req+jwt" {
		return nil, errObject
	}
	standard, err := jwt.ParseStandard(payload)
	if err != nil || !a.acceptable(d, standard) {
		return nil, errObject
	}
	params, ok := objectParams(payload)
	if !ok || params.Get("client_id") != "" && params.Get("client_id") != d.Client.ClientID || params.Has("request") || params.Has("request_uri") {
		return nil, errObject
	}
	return params, nil
}

// acceptable checks the registered claims. iss and aud are demanded: without them
// an object for another server, or another token that the client signed, would do
// (§10.8). exp is demanded where the client relies on signed requests; OpenID
// Connect Core 1.0 §6.1 has none.
func (a *Assembler) acceptable(d *draft, s jwt.Standard) bool {
	if s.Issuer != d.Client.ClientID || s.Subject == d.Client.ClientID {
		return false
	}
	return s.Check(a.Now(), jwt.Expected{
		Audience: []string{d.tenant.Issuer}, Leeway: objectLeeway, MaxLifetime: objectLifetime,
		AllowExpired: s.Expiry == nil && !d.Client.RequireSignedRequest,
	}) == nil
}

// objectParams turns the claims of a request object into parameters: strings as
// they are, numbers, booleans and objects as they are written.
func objectParams(payload []byte) (web.Form, bool) {
	var claims map[string]json.RawMessage
	if json.Unmarshal(payload, &claims) != nil {
		return nil, false
	}
	params := web.Form{}
	for name, raw := range claims {
		values, ok := paramValues(name, raw)
		if !ok {
			return nil, false
		}
		if len(values) > 0 {
			params[name] = values
		}
	}
	return params, true
}

func paramValues(name string, raw json.RawMessage) ([]string, bool) {
	switch name {
	case "iss", "aud", "exp", "iat", "nbf", "jti", "sub":
		return nil, true // about the object, not about the request
	}
	switch raw[0] {
	case '"':
		var text string
		ok := json.Unmarshal(raw, &text) == nil
		return []string{text}, ok
	case '[':
		if name != "resource" {
			return []string{string(raw)}, true
		}
		var list []string
		ok := json.Unmarshal(raw, &list) == nil
		return list, ok
	case 'n':
		return nil, true // null: not there
	case '{', 't', 'f':
		return []string{string(raw)}, true
	}
	if n, err := strconv.ParseFloat(string(raw), 64); err == nil && n == float64(int64(n)) {
		return []string{strconv.FormatInt(int64(n), 10)}, true
	}
	return []string{string(raw)}, true
}
