package saml

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"time"

	"plinto/federation"
	"plinto/tenant"
)

var errUnknown = errors.New("nothing is known of the provider: its metadata have not been read")

// A request is an AuthnRequest (SAML Core 2.0 §3.4.1).
type request struct {
	XMLName     xml.Name `xml:"urn:oasis:names:tc:SAML:2.0:protocol AuthnRequest"`
	ID          string   `xml:"ID,attr"`
	Version     string   `xml:"Version,attr"`
	At          string   `xml:"IssueInstant,attr"`
	Destination string   `xml:"Destination,attr"`
	Binding     string   `xml:"ProtocolBinding,attr"`
	ACS         string   `xml:"AssertionConsumerServiceURL,attr"`
	Force       bool     `xml:"ForceAuthn,attr,omitempty"`
	Issuer      string   `xml:"urn:oasis:names:tc:SAML:2.0:assertion Issuer"`
	Policy      policy   `xml:"urn:oasis:names:tc:SAML:2.0:protocol NameIDPolicy"`
	Context     *classes `xml:"urn:oasis:names:tc:SAML:2.0:protocol RequestedAuthnContext"`
}

type policy struct {
	Create bool `xml:"AllowCreate,attr"`
}

type classes struct {
	Comparison string   `xml:"Comparison,attr"`
	Names      []string `xml:"urn:oasis:names:tc:SAML:2.0:assertion AuthnContextClassRef"`
}

// Begin implements federation.Connector.
func (c *Connector) Begin(ctx context.Context, conn *federation.Connection, r federation.Round, ask federation.Ask) (to federation.Departure, err error) {
	if err := federation.TakesKind(ctx, conn.Kind); err != nil {
		return to, federation.ErrDisabled.With(err)
	}
	known := conn.Known(c.now())
	if known.SignOnURL == "" {
		return to, federation.ErrMisconfigured.With(errUnknown)
	}
	q := request{
		ID: requestID(r), Version: "2.0", At: c.now().UTC().Format(time.RFC3339), Destination: known.SignOnURL, Binding: bindingPost,
		ACS: r.RedirectURI, Issuer: federation.EntityID(tenant.Must(ctx), conn), Policy: policy{Create: true},
		Force: ask.Prompt == "login" || ask.MaxAge != nil && *ask.MaxAge == 0,
	}
	if len(conn.ACRValues) > 0 {
		q.Context = &classes{"exact", slices.Clone(conn.ACRValues)}
	}
	written, err := xml.Marshal(q)
	if err != nil {
		return to, fmt.Errorf("write authentication request: %w", err)
	}
	return c.send(ctx, conn, &outgoing{asks: true, to: known.SignOnURL, binding: known.SignOnBinding, message: written, relay: r.State, signed: known.SignRequests})
}
