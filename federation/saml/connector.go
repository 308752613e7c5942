package saml

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"time"

	"github.com/beevik/etree"

	"plinto/federation"
	"plinto/internal/fault"
	"plinto/tenant"
)

// ResponseParameter is the parameter of the form that brings an answer (SAML Bindings 2.0 §3.5.4). The state of the round is
// its RelayState.
const ResponseParameter = "SAMLResponse"

// A Connector implements federation.Connector. Requests and answers go through the browser: it asks providers for nothing but their
// metadata. It is safe for use by many goroutines.
type Connector struct {
	// Fetch fetches a document of the provider of a connection; nil: metadata cannot be read.
	Fetch func(ctx context.Context, c *federation.Connection, address, accept string) ([]byte, error)

	vault federation.Vault
	now   func() time.Time
}

// New returns a Connector.
func New(vault federation.Vault, now func() time.Time) *Connector {
	return &Connector{vault: vault, now: now}
}

// Available implements federation.Connector.
func (*Connector) Available(context.Context, *federation.Connection) bool { return true }

// requestID names the request of a round, and is what its answer has to name. The state of the round, which the
// provider sees, does not tell it.
func requestID(r federation.Round) string { return "_" + r.Nonce }

// Finish implements federation.Connector.
func (c *Connector) Finish(ctx context.Context, conn *federation.Connection, r federation.Round, answer url.Values) (none federation.Assertion, err error) {
	if err := federation.TakesKind(ctx, conn.Kind); err != nil {
		return none, federation.ErrDisabled.With(err)
	}
	known := conn.Known(c.now())
	trusted, err := known.Trusted()
	if err == nil && len(trusted) == 0 {
		err = errSignature
	}
	if err != nil {
		return none, federation.ErrMisconfigured.With(err)
	}
	x := &expected{
		issuer: conn.Issuer, entityID: federation.EntityID(tenant.Must(ctx), conn), acs: r.RedirectURI, request: requestID(r), groups: conn.GroupsClaim, round: r, now: c.now(),
	}
	out, err := c.read(ctx, conn, &verifier{trusted, x.now}, x, answer[ResponseParameter])
	if err != nil && fault.KindOf(err) == "" {
		err = federation.ErrAnswer.With(err)
	}
	return out, err
}

// read does what the package comment says, in that order.
func (c *Connector) read(ctx context.Context, conn *federation.Connection, v *verifier, x *expected, given []string) (none federation.Assertion, err error) {
	if len(given) != 1 {
		return none, errors.New("the answer has no response, or several")
	}
	raw, err := base64.StdEncoding.DecodeString(given[0])
	if err != nil {
		return none, errors.New("the response is not in base64")
	}
	has, err := scan(raw, elResponse)
	if err != nil {
		return none, err
	}
	response, err := parse(raw)
	if err != nil {
		return none, err
	}
	signed := only(response, signatureSpace, elSignature) != nil
	if signed {
		if response, err = v.verify(response); err != nil {
			return none, err
		}
	}
	if err := x.response(response, signed); err != nil {
		return none, err
	}
	if err := status(response); err != nil {
		return none, err
	}
	if has.assertions+has.encrypted != 1 {
		return none, errPlace
	}
	assertion, err := c.assertion(ctx, conn, v, response, signed)
	if err != nil {
		return none, err
	}
	out, err := x.account(assertion)
	if err != nil {
		return none, err
	}
	out.SessionName, err = c.nameOf(ctx, conn, assertion, out.SessionID)
	return out, err
}

// assertion returns the assertion of a response, as a signature covers it.
func (c *Connector) assertion(ctx context.Context, conn *federation.Connection, v *verifier, response *etree.Element, signed bool) (*etree.Element, error) {
	el := only(response, nsAssertion, elAssertion)
	if encrypted := only(response, nsAssertion, elEncrypted); el == nil && encrypted != nil {
		own, err := c.vault.Open(tenant.Must(ctx).ID, conn)
		if err != nil {
			return nil, err
		}
		if el, err = open(encrypted, &own, signed); err != nil {
			return nil, err
		}
	}
	if el == nil {
		return nil, errPlace
	}
	if only(el, signatureSpace, elSignature) == nil && signed {
		return el, nil // the signature of the response covers it
	}
	return v.verify(el)
}

// account reads whose account an assertion is about.
func (x *expected) account(assertion *etree.Element) (a federation.Assertion, err error) {
	if err := x.assertion(assertion); err != nil {
		return a, err
	}
	signIn, err := x.statement(assertion)
	if err != nil {
		return a, err
	}
	key, email, err := x.subject(assertion)
	if err != nil {
		return a, err
	}
	all, err := x.attributes(assertion)
	if err != nil {
		return a, err
	}
	claims, err := x.mapped(all)
	if err != nil {
		return a, err
	}
	if named := one(all, emailNames); named != "" {
		email = named
	}
	return federation.Assertion{
		Issuer: x.issuer, Subject: key, Email: email,
		// No assertion says whether an address was verified. The connection names the domains whose addresses the provider gives
		// out itself, and never all of them.
		EmailVerified: email != "",
		Profile:       profile(all), Username: one(all, userNames), ACR: signIn.class,
		Until: signIn.until, ID: attribute(assertion, "ID"), SessionID: signIn.index, Claims: claims,
	}, nil
}

// Values of StatusCode (SAML Core 2.0 §3.2.2.2).
const (
	statusPrefix  = "urn:oasis:names:tc:SAML:2.0:status:"
	statusSuccess = statusPrefix + "Success"
)

// status returns why a provider says that there is no assertion. Nothing of its message is repeated.
func status(response *etree.Element) error {
	el := only(response, nsProtocol, "Status")
	if el == nil {
		return errPlace
	}
	code := only(el, nsProtocol, "StatusCode")
	if code == nil {
		return errPlace
	}
	if attribute(code, "Value") == statusSuccess {
		return nil
	}
	cause := errors.New("the provider refused")
	for inner := only(code, nsProtocol, "StatusCode"); inner != nil; inner = only(inner, nsProtocol, "StatusCode") {
		switch attribute(inner, "Value") {
		case statusPrefix + "AuthnFailed", statusPrefix + "NoPassive", statusPrefix + "RequestDenied":
			return federation.ErrDenied.With(cause)
		}
	}
	return federation.ErrMisconfigured.With(cause)
}
