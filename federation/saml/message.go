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
	"fmt"
	"net/url"
	"strings"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"plinto/federation"
	"plinto/tenant"
)

const (
	signatureSpace = dsig.Namespace

	bindingPost = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
)

// RequestParameter is the parameter that brings a request (SAML Bindings 2.0 §3.4.4, §3.5.4).
const RequestParameter = "SAMLRequest"

// An outgoing is a message to a provider, which the browser carries.
type outgoing struct {
	asks        bool // it is a request, and no answer to one
	to, binding string
	message     []byte
	relay       string // RelayState; "": none
	signed      bool
}

func (o *outgoing) parameter() string {
	if o.asks {
		return RequestParameter
	}
	return ResponseParameter
}

// send returns how a browser brings a message to the provider.
func (c *Connector) send(ctx context.Context, conn *federation.Connection, o *outgoing) (to federation.Departure, err error) {
	var own *federation.KeyPair
	if o.signed {
		held, err := c.vault.Open(tenant.Must(ctx).ID, conn)
		if err != nil {
			return to, err
		}
		own = held.Present()
	}
	if o.binding == federation.BindingPost {
		return o.form(own)
	}
	var key *rsa.PrivateKey
	if own != nil {
		if key, err = own.RSA(); err != nil {
			return to, err
		}
	}
	to.URL, err = o.redirect(key)
	return to, err
}

// form is the form that brings a message (SAML Bindings 2.0 §3.5.4), whose message is signed itself where there is a key.
func (o *outgoing) form(own *federation.KeyPair) (to federation.Departure, err error) {
	message := o.message
	if own != nil {
		if message, err = signMessage(message, own); err != nil {
			return to, err
		}
	}
	to = federation.Departure{URL: o.to, Form: url.Values{o.parameter(): {base64.StdEncoding.EncodeToString(message)}}}
	if o.relay != "" {
		to.Form.Set(relayParameter, o.relay)
	}
	return to, nil
}

// signMessage puts a signature into a message, after its issuer (SAML Core 2.0 §3.2.1).
func signMessage(message []byte, own *federation.KeyPair) ([]byte, error) {
	key, err := own.RSA()
	if err != nil {
		return nil, err
	}
	root, err := parse(message)
	if err != nil {
		return nil, err
	}
	signing, err := dsig.NewSigningContext(key, [][]byte{own.Certificate})
	if err != nil {
		return nil, err
	}
	signing.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	signature, err := signing.ConstructSignature(root, true)
	if err != nil {
		return nil, fmt.Errorf("sign message: %w", err)
	}
	issuer := only(root, nsAssertion, "Issuer")
	if issuer == nil {
		return nil, errIssuer
	}
	root.InsertChildAt(issuer.Index()+1, signature)
	doc := etree.NewDocument()
	doc.SetRoot(root)
	return doc.WriteToBytes()
}

// redirect is the address that a message is sent by (SAML Bindings 2.0 §3.4.4), signed where there is a key.
func (o *outgoing) redirect(key *rsa.PrivateKey) (string, error) {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.DefaultCompression)
	if err == nil {
		_, err = w.Write(o.message)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return "", fmt.Errorf("pack message: %w", err)
	}
	query := o.parameter() + "=" + url.QueryEscape(base64.StdEncoding.EncodeToString(packed.Bytes()))
	if o.relay != "" {
		query += "&" + relayParameter + "=" + url.QueryEscape(o.relay)
	}
	if key != nil {
		query += "&SigAlg=" + url.QueryEscape(dsig.RSASHA256SignatureMethod)
		sum := sha256.Sum256([]byte(query))
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		if err != nil {
			return "", fmt.Errorf("sign message: %w", err)
		}
		query += "&Signature=" + url.QueryEscape(base64.StdEncoding.EncodeToString(signature))
	}
	join := "?"
	if strings.Contains(o.to, "?") {
		join = "&"
	}
	return o.to + join + query, nil
}
