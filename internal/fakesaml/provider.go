// Package fakesaml is a provider of SAML 2.0 for tests, whose answers can be hostile: every part of one can be changed before
// it is signed, and after.
package fakesaml

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"math/big"
	"net/url"
	"sync"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// A Key signs, and has a certificate.
type Key struct {
	private *rsa.PrivateKey
	DER     []byte // the certificate
}

// Certificate is that of the key, in base64.
func (k *Key) Certificate() string { return base64.StdEncoding.EncodeToString(k.DER) }

// Parsed is the key and its certificate, for servers that others wrote.
func (k *Key) Parsed() (*rsa.PrivateKey, *x509.Certificate, error) {
	c, err := x509.ParseCertificate(k.DER)
	return k.private, c, err
}

// NewKey makes a key of a length in bits, whose certificate is valid at that time and the year after.
func NewKey(bits int, at time.Time) (*Key, error) {
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "Example IdP"}, NotBefore: at.Add(-time.Hour), NotAfter: at.AddDate(1, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	return &Key{private, der}, err
}

// Shared is a key that takes no time to make again: one of the provider, and one of somebody else.
var (
	Shared = sync.OnceValues(func() (*Key, error) { return NewKey(2048, time.Now()) })
	Other  = sync.OnceValues(func() (*Key, error) { return NewKey(2048, time.Now()) })
)

// A Provider issues assertions.
type Provider struct {
	EntityID, SignOnURL string
	Key                 *Key
}

// New returns a provider with the shared key.
func New(entityID, signOnURL string) (*Provider, error) {
	key, err := Shared()
	return &Provider{entityID, signOnURL, key}, err
}

// Metadata describes the provider (SAML Metadata 2.0 §2.4.3), with certificates of other keys besides.
func (p *Provider) Metadata(more ...*Key) []byte {
	var keys bytes.Buffer
	for _, k := range append([]*Key{p.Key}, more...) {
		fmt.Fprintf(&keys, `<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`, k.Certificate())
	}
	return fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>
<!-- written by people, for people -->
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="%s">
<md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">%s
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="%s/post"/>
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="%s"/>
</md:IDPSSODescriptor></md:EntityDescriptor>`, p.EntityID, keys.String(), p.SignOnURL, p.SignOnURL)
}

// A Request is what a service provider asks for.
type Request struct {
	ID          string `xml:"ID,attr"`
	Destination string `xml:"Destination,attr"`
	ACS         string `xml:"AssertionConsumerServiceURL,attr"`
	Force       bool   `xml:"ForceAuthn,attr"`
	Issuer      string `xml:"Issuer"`
	Context     struct {
		Classes []string `xml:"AuthnContextClassRef"`
	} `xml:"RequestedAuthnContext"`

	RelayState string `xml:"-"`
}

// ReadRequest reads a request from the address that a browser was led to.
func ReadRequest(to *url.URL) (q Request, err error) {
	packed, err := base64.StdEncoding.DecodeString(to.Query().Get("SAMLRequest"))
	if err != nil {
		return q, err
	}
	raw, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), 1<<20))
	if err != nil {
		return q, err
	}
	q.RelayState = to.Query().Get("RelayState")
	return q, xml.Unmarshal(raw, &q)
}

// A Signing is how something is signed. The zero value is how it should be.
type Signing struct {
	Key   *Key // nil: the provider's
	Hash  crypto.Hash
	Canon dsig.Canonicalizer
}

// Sign puts a signature into an element, after its issuer (SAML Core 2.0 §3.2.2).
func (p *Provider) Sign(el *etree.Element, how Signing) error {
	if how.Key == nil {
		how.Key = p.Key
	}
	if how.Canon == nil {
		how.Canon = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	}
	signing, err := dsig.NewSigningContext(how.Key.private, [][]byte{how.Key.DER})
	if err != nil {
		return err
	}
	signing.Canonicalizer = how.Canon
	if how.Hash != 0 {
		signing.Hash = how.Hash
	}
	signature, err := signing.ConstructSignature(el, true)
	if err != nil {
		return err
	}
	at := 0
	if issuer := el.SelectElement("Issuer"); issuer != nil {
		at = issuer.Index() + 1
	}
	el.InsertChildAt(at, signature)
	return nil
}
