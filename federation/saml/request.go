package saml

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	dsig "github.com/russellhaering/goxmldsig"

	"plinto/federation"
	"plinto/tenant"
)

const signatureSpace = dsig.Namespace

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

const bindingPost = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"

// Begin implements federation.Connector.
func (c *Connector) Begin(ctx context.Context, conn *federation.Connection, r federation.Round, ask federation.Ask) (string, error) {
	if err := federation.TakesKind(ctx, conn.Kind); err != nil {
		return "", federation.ErrDisabled.With(err)
	}
	q := request{
		ID: requestID(r), Version: "2.0", At: c.now().UTC().Format(time.RFC3339), Destination: conn.SAML.SignOnURL, Binding: bindingPost,
		ACS: r.RedirectURI, Issuer: federation.EntityID(tenant.Must(ctx), conn), Policy: policy{Create: true},
		Force: ask.Prompt == "login" || ask.MaxAge != nil && *ask.MaxAge == 0,
	}
	if len(conn.ACRValues) > 0 {
		q.Context = &classes{"exact", slices.Clone(conn.ACRValues)}
	}
	written, err := xml.Marshal(q)
	if err != nil {
		return "", fmt.Errorf("write authentication request: %w", err)
	}
	var key *rsa.PrivateKey
	if conn.SAML.SignRequests {
		own, err := c.vault.Open(tenant.Must(ctx).ID, conn)
		if err != nil {
			return "", err
		}
		if key, err = own.RSA(); err != nil {
			return "", err
		}
	}
	return redirect(conn.SAML.SignOnURL, written, r.State, key)
}

// redirect is the address that a request is sent by (SAML Bindings 2.0 §3.4.4), signed where there is a key.
func redirect(to string, message []byte, relay string, key *rsa.PrivateKey) (string, error) {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.DefaultCompression)
	if err == nil {
		_, err = w.Write(message)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return "", fmt.Errorf("pack authentication request: %w", err)
	}
	query := "SAMLRequest=" + url.QueryEscape(base64.StdEncoding.EncodeToString(packed.Bytes())) + "&RelayState=" + url.QueryEscape(relay)
	if key != nil {
		query += "&SigAlg=" + url.QueryEscape(dsig.RSASHA256SignatureMethod)
		sum := sha256.Sum256([]byte(query))
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		if err != nil {
			return "", fmt.Errorf("sign authentication request: %w", err)
		}
		query += "&Signature=" + url.QueryEscape(base64.StdEncoding.EncodeToString(signature))
	}
	join := "?"
	if strings.Contains(to, "?") {
		join = "&"
	}
	return to + join + query, nil
}
