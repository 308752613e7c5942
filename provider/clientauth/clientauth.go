package clientauth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/gcra"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// Dependencies are what an Authenticator is made of. All are required but Uses and Later.
type Dependencies struct {
	Clients    provider.Clients
	Keys       provider.ClientKeys
	Assertions provider.Assertions
	Limiter    identity.Limiter
	Secrets    provider.SecretHasher
	Now        func() time.Time
	// Uses notes that a secret is used which ends, after the request, by Later; nil: nobody does.
	Uses  provider.SecretEnds
	Later func(ctx context.Context, within time.Duration, do func(context.Context))
}

// An Authenticator tells which client a request comes from.
type Authenticator struct {
	Dependencies
	pauses   pauses
	refusals refusalLog
	uses     *gcra.Limiter
}

// New returns an Authenticator.
func New(d Dependencies) *Authenticator {
	return &Authenticator{Dependencies: d, refusals: newRefusalLog(), uses: gcra.New(usesKnown)}
}

// errInvalidClient is the one answer to every failed authentication: unknown
// client, wrong secret, wrong method and disabled client look the same.
func errInvalidClient(ctx context.Context, cause string) error {
	return invalidClient(ctx, cause, "client authentication failed")
}

// invalidClient is an error with details, for a client that proved its secret.
func invalidClient(ctx context.Context, cause, description string) error {
	return Challenged(ctx, &web.OAuthError{
		Code: "invalid_client", Description: description, Status: http.StatusUnauthorized,
		Cause: fault.New(fault.Unauthenticated, cause, ""),
	})
}

// Challenged adds the challenge that a 401 needs (RFC 9110 §15.5.2).
func Challenged(ctx context.Context, o *web.OAuthError) *web.OAuthError {
	if o.Status == http.StatusUnauthorized && o.Header == nil {
		o.Header = http.Header{"Www-Authenticate": {`Basic realm="` + tenant.Must(ctx).Issuer + `", charset="UTF-8"`}}
	}
	return o
}

// credentials are what a request presents (RFC 6749 §2.3). Of HTTP Basic there are
// several readings, see basic.
type credentials struct {
	method   string // one of provider.Auth…, or assertionType
	readings []reading
}

// A reading is a client_id with the spellings of the secret that may go with it.
type reading struct {
	id      string
	secrets []string
}

// Authenticate returns the client that the request proves to be, by the method
// it registered: see accepts. *web.OAuthError otherwise, fault.TooMany after many
// failures, or what storage says. Every refusal is a line of the log.
func (a *Authenticator) Authenticate(ctx context.Context, r *http.Request, form web.Form) (*provider.Client, error) {
	given, err := presentedCredentials(ctx, r, form)
	if err != nil {
		a.logRefusal(ctx, &provider.Client{ClientID: form.Get("client_id")}, given.method, err)
		return nil, err
	}
	var c *provider.Client
	if given.method == assertionType {
		c, err = a.byAssertion(ctx, r, form)
	} else {
		c, err = a.bySecret(ctx, given)
	}
	if err != nil {
		a.logRefusal(ctx, c, given.method, err)
		return nil, err
	}
	if given.method == assertionType {
		a.noteUse(ctx, c, nil, form.Get("client_assertion"))
	}
	web.NoteClient(ctx, c.ClientID)
	return c, nil
}

// AuthenticateConfidential is Authenticate for what a client_id alone does
// not open: public clients are refused.
func (a *Authenticator) AuthenticateConfidential(ctx context.Context, r *http.Request, form web.Form) (*provider.Client, error) {
	c, err := a.Authenticate(ctx, r, form)
	if err == nil && c.Public() {
		err = errInvalidClient(ctx, "public_client")
		a.logRefusal(ctx, c, provider.AuthNone, err)
	}
	return c, err
}

// bySecret authenticates a client by its secret or, a public one, by its id alone.
// With an error it returns the client that was meant, as far as that can be told.
//
// The readings of one header are tried in turn. The hash of a secret is bound to the id, so
// no reading can match another client.
func (a *Authenticator) bySecret(ctx context.Context, given credentials) (*provider.Client, error) {
	var meant *provider.Client
	var refused error
	var tried []*provider.Client
	for _, reading := range given.readings {
		c, err := a.named(ctx, reading.id)
		if err != nil {
			return nil, err
		}
		if err = a.paused(ctx, c.ClientID); err == nil { // otherwise the secret is not even looked at
			if err = a.refuse(ctx, c, given.method, reading.secrets); err == nil {
				a.noteUse(ctx, c, reading.secrets, "")
				return c, nil
			}
			tried = append(tried, c)
		}
		if meant == nil || meant.ID == uuid.Nil && c.ID != uuid.Nil {
			meant, refused = c, err
		}
	}
	for _, c := range tried {
		if c == meant || c.ID != uuid.Nil {
			refused = a.failed(ctx, c.ClientID, refused)
		}
	}
	return meant, refused
}

// named returns the client with an id, or one that no secret matches: unknown clients take
// the same path as others.
func (a *Authenticator) named(ctx context.Context, id string) (*provider.Client, error) {
	c, err := a.Clients.ByClientID(ctx, id)
	if errors.Is(err, fault.NotFound) {
		return &provider.Client{ClientID: id}, nil
	}
	return c, err
}

// refuse returns why the client is refused, or nil. The secret is compared in every case.
// Only a client with the right secret learns which method to use.
func (a *Authenticator) refuse(ctx context.Context, c *provider.Client, presented string, secrets []string) error {
	t, good := tenant.Must(ctx), false
	for _, s := range secrets {
		good = a.Secrets.Matches(t.ID, c, s, a.Now()) || good
	}
	switch {
	case c.ID == uuid.Nil:
		return errInvalidClient(ctx, "unknown_client")
	case !c.DisabledAt.IsZero():
		return errInvalidClient(ctx, "client_disabled")
	case !accepts(c, presented) && good:
		return invalidClient(ctx, "wrong_method", "the client is registered for "+method(c))
	case !accepts(c, presented):
		return errInvalidClient(ctx, "wrong_method")
	case presented != provider.AuthNone && !good:
		return errInvalidClient(ctx, "wrong_secret")
	}
	return nil
}

// accepts reports whether the client may authenticate like that: by the method it
// registered, and by either way to send a secret when it registered one of them, for
// libraries choose without asking. Strict clients choose once.
func accepts(c *provider.Client, presented string) bool {
	want := method(c)
	sends := func(m string) bool { return m == provider.AuthBasic || m == provider.AuthPost }
	return presented == want || sends(presented) && sends(want) && !c.Strict()
}

// method is how the client registered to authenticate (RFC 7591 §2: basic by default).
func method(c *provider.Client) string {
	if c.TokenEndpointAuthMethod == "" {
		return provider.AuthBasic
	}
	return c.TokenEndpointAuthMethod
}

// presentedCredentials finds the one mechanism a request uses; two are refused
// (RFC 6749 §2.3). The query is never looked at, and a parameter without a value
// counts as omitted (§3.2).
func presentedCredentials(ctx context.Context, r *http.Request, form web.Form) (credentials, error) {
	authorization := r.Header["Authorization"]
	plain := form.Get("client_secret")
	assertion := form.Get("client_assertion") != "" || form.Get("client_assertion_type") != ""
	mechanisms := len(authorization)
	for _, used := range []bool{plain != "", assertion} {
		if used {
			mechanisms++
		}
	}
	id := form.Get("client_id")
	switch {
	case mechanisms > 1:
		return credentials{method: "several"}, &web.OAuthError{
			Code: "invalid_request", Description: "the client authenticates in more than one way", Cause: fault.New(fault.Invalid, "several_methods", ""),
		}
	case assertion:
		return credentials{method: assertionType}, nil
	case len(authorization) == 1:
		return basic(ctx, authorization[0], id)
	case plain != "" && wellFormedID(id):
		return credentials{provider.AuthPost, []reading{{id, []string{plain}}}}, nil
	case plain != "":
		return credentials{method: provider.AuthPost}, errInvalidClient(ctx, "no_client_id")
	case wellFormedID(id):
		return credentials{provider.AuthNone, []reading{{id, nil}}}, nil
	}
	return credentials{method: provider.AuthNone}, errInvalidClient(ctx, "no_client_id")
}

// maxSplits bounds how many colons of a Basic credential are tried as its middle.
const maxSplits = 4

// basic reads a line of the Authorization header. A client_id in the body must be the same.
//
// Both halves are form-encoded by the RFC and raw from many clients, so each has two
// readings; and a raw client_id or secret may hold a colon, so each colon may be the
// one between them (§2.3.1, RFC 7617 §2).
func basic(ctx context.Context, line, named string) (credentials, error) {
	given := credentials{method: provider.AuthBasic}
	user, password, ok := web.Basic(line)
	whole := user + ":" + password
	for at, splits := len(user), 0; ok && splits < maxSplits; splits++ {
		rawID, rawSecret := whole[:at], whole[at+1:]
		for _, id := range readings(rawID) {
			if wellFormedID(id) && (named == "" || named == id) && len(rawSecret) <= maxSecret {
				given.readings = append(given.readings, reading{id, readings(rawSecret)})
			}
		}
		next := strings.IndexByte(rawSecret, ':')
		if next < 0 {
			break
		}
		at += 1 + next
	}
	if len(given.readings) == 0 {
		return given, errInvalidClient(ctx, "malformed_header")
	}
	return given, nil
}

// maxSecret bounds a secret in a header, in bytes: the longest that may be
// registered, with each character escaped.
const maxSecret = 3 * provider.MaxClientSecret

// readings of half a Basic credential: decoded (RFC 6749 §2.3.1), and as it is.
func readings(raw string) []string {
	decoded, err := url.QueryUnescape(raw)
	if err != nil || decoded == raw {
		return []string{raw}
	}
	return []string{decoded, raw}
}

// wellFormedID keeps what cannot be a client_id (provider.CheckClientID) away from
// storage: NUL, bytes that are no text, kilobytes.
func wellFormedID(id string) bool {
	if id == "" || len(id) > 255 {
		return false
	}
	for i := range len(id) {
		if id[i] < 0x21 || id[i] > 0x7e {
			return false
		}
	}
	return true
}
