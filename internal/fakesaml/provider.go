// Package fakesaml is a provider of SAML 2.0 for tests, whose answers can be hostile: every part of one can be changed before
// it is signed, and after.
package fakesaml

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/xml"
	"errors"
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
	private crypto.Signer
	DER     []byte // the certificate
}

// Certificate is that of the key, in base64.
func (k *Key) Certificate() string { return base64.StdEncoding.EncodeToString(k.DER) }

// Parsed is the key and its certificate, for servers that others wrote.
func (k *Key) Parsed() (*rsa.PrivateKey, *x509.Certificate, error) {
	c, err := x509.ParseCertificate(k.DER)
	private, ok := k.private.(*rsa.PrivateKey)
	if err == nil && !ok {
		err = errors.New("no RSA key")
	}
	return private, c, err
}

// NewKey makes a key of a length in bits, whose certificate is valid at that time and the year after.
func NewKey(bits int, at time.Time) (*Key, error) {
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return nil, err
	}
	return certified(private, at)
}

// NewECKey is NewKey for ECDSA.
func NewECKey(curve elliptic.Curve, at time.Time) (*Key, error) {
	private, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		return nil, err
	}
	return certified(private, at)
}

func certified(private crypto.Signer, at time.Time) (*Key, error) {
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
	LogoutURL           string // "": it takes no logout requests
}

// New returns a provider with the shared key.
func New(entityID, signOnURL string) (*Provider, error) {
	key, err := Shared()
	return &Provider{EntityID: entityID, SignOnURL: signOnURL, Key: key}, err
}

// Metadata describes the provider (SAML Metadata 2.0 §2.4.3), with certificates of other keys besides.
func (p *Provider) Metadata(more ...*Key) []byte {
	document, err := p.Publish(&Publication{Keys: append([]*Key{p.Key}, more...)})
	if err != nil {
		panic(err) // nothing is signed
	}
	return document
}

// A Publication is how metadata are written. The zero value is how they should be, unsigned.
type Publication struct {
	EntityID   string // "": the provider's
	Attributes string // of the document besides, as XML
	Keys       []*Key // nil: the provider's
	Bindings   []string
	Signed     *Signing
	Change     func(string) string // of what was written, after it was signed
}

// Bindings (SAML Bindings 2.0).
const (
	Redirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
	Post     = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
)

// Publish writes metadata.
func (p *Provider) Publish(o *Publication) ([]byte, error) {
	var inside bytes.Buffer
	keys := o.Keys
	if keys == nil {
		keys = []*Key{p.Key}
	}
	for _, k := range keys {
		fmt.Fprintf(&inside, `<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`, k.Certificate())
	}
	bindings := o.Bindings
	if bindings == nil {
		bindings = []string{Post, Redirect}
	}
	for _, at := range []struct{ service, location string }{{"SingleLogoutService", p.LogoutURL}, {"SingleSignOnService", p.SignOnURL}} {
		for _, b := range bindings {
			to := at.location
			if b == Post && len(bindings) > 1 {
				to += "/post"
			}
			if at.location != "" {
				fmt.Fprintf(&inside, `<md:%s Binding="%s" Location="%s"/>`, at.service, b, to)
			}
		}
	}
	name := o.EntityID
	if name == "" {
		name = p.EntityID
	}
	text := fmt.Sprintf(`<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_metadata" entityID="%s"%s>
<md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">%s</md:IDPSSODescriptor></md:EntityDescriptor>`,
		name, o.Attributes, inside.String())
	if o.Signed != nil {
		doc := etree.NewDocument()
		if err := doc.ReadFromString(text); err != nil {
			return nil, err
		}
		if err := p.Sign(doc.Root(), *o.Signed); err != nil {
			return nil, err
		}
		var err error
		if text, err = doc.WriteToString(); err != nil {
			return nil, err
		}
	}
	if o.Change != nil {
		text = o.Change(text)
	}
	return []byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- written by people, for people -->\n" + text), nil
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

// ReadForm reads a request from the form that a browser posts.
func ReadForm(form url.Values) (q Request, err error) {
	raw, err := base64.StdEncoding.DecodeString(form.Get("SAMLRequest"))
	if err != nil {
		return q, err
	}
	q.RelayState = form.Get("RelayState")
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
	if _, is := how.Key.private.(*ecdsa.PrivateKey); is {
		if err := how.Key.beside(signature); err != nil {
			return err
		}
	}
	at := 0
	if issuer := el.SelectElement("Issuer"); issuer != nil {
		at = issuer.Index() + 1
	}
	el.InsertChildAt(at, signature)
	return nil
}

// beside writes a signature by ECDSA as XML Signature 1.1 §6.4.3 has it: two numbers of the same length.
func (k *Key) beside(signature *etree.Element) error {
	value := signature.FindElement("./SignatureValue")
	der, err := base64.StdEncoding.DecodeString(value.Text())
	if err != nil {
		return err
	}
	raw, err := k.pair(der)
	if err != nil {
		return err
	}
	value.SetText(base64.StdEncoding.EncodeToString(raw))
	return nil
}

// pair is a signature by ECDSA without ASN.1.
func (k *Key) pair(der []byte) ([]byte, error) {
	var numbers struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &numbers); err != nil {
		return nil, err
	}
	size := (k.private.(*ecdsa.PrivateKey).Curve.Params().BitSize + 7) / 8
	raw := make([]byte, 2*size)
	numbers.R.FillBytes(raw[:size])
	numbers.S.FillBytes(raw[size:])
	return raw, nil
}
