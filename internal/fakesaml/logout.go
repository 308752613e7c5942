package fakesaml

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/beevik/etree"
	"github.com/google/uuid"
	dsig "github.com/russellhaering/goxmldsig"
)

// Elements of logout messages (SAML Core 2.0 §3.7).
const (
	LogoutRequest  = "LogoutRequest"
	LogoutResponse = "LogoutResponse"
)

// A Logout is a logout message of the provider.
type Logout struct {
	Element                          string
	ID, Version, Issuer, Destination string
	At, Until                        time.Time
	InResponseTo                     string // of an answer
	Status                           string // of an answer
	Name, Format                     string // of a request; Name is XML
	Indexes                          []string
	More                             string   // XML at its end
	Signed                           *Signing // nil: it is not signed
}

// AskLogout is a good request to an address, about sessions of an account.
func (p *Provider) AskLogout(to, name string, at time.Time, indexes ...string) Logout {
	return Logout{
		Element: LogoutRequest, ID: "_" + uuid.NewString(), Version: "2.0", Issuer: p.EntityID, Destination: to, At: at, Until: at.Add(5 * time.Minute),
		Name: escaped(name), Format: Persistent, Indexes: indexes, Signed: &Signing{},
	}
}

// AnswerLogout is a good answer to a request, at an address.
func (p *Provider) AnswerLogout(to, request string, at time.Time) Logout {
	return Logout{
		Element: LogoutResponse, ID: "_" + uuid.NewString(), Version: "2.0", Issuer: p.EntityID, Destination: to, At: at, InResponseTo: request, Status: Success,
		Signed: &Signing{},
	}
}

func (l *Logout) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<samlp:%s xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"%s Version="%s"%s%s%s%s>`,
		l.Element, named("ID", l.ID), l.Version, stamp("IssueInstant", l.At), stamp("NotOnOrAfter", l.Until), named("Destination", l.Destination), named("InResponseTo", l.InResponseTo))
	if l.Issuer != "" {
		fmt.Fprintf(&b, `<saml:Issuer>%s</saml:Issuer>`, escaped(l.Issuer))
	}
	if l.Element == LogoutRequest {
		fmt.Fprintf(&b, `<saml:NameID%s>%s</saml:NameID>`, named("Format", l.Format), l.Name)
		for _, index := range l.Indexes {
			fmt.Fprintf(&b, `<samlp:SessionIndex>%s</samlp:SessionIndex>`, escaped(index))
		}
	} else {
		fmt.Fprintf(&b, `<samlp:Status><samlp:StatusCode Value="%s"/></samlp:Status>`, l.Status)
	}
	return b.String() + l.More + `</samlp:` + l.Element + `>`
}

func (l *Logout) parameter() string {
	if l.Element == LogoutRequest {
		return "SAMLRequest"
	}
	return "SAMLResponse"
}

// Post is the form that brings a message. change, if there is one, changes it after it was signed.
func (p *Provider) Post(l *Logout, relay string, change ...func(*etree.Document)) (url.Values, error) {
	doc := etree.NewDocument()
	if err := doc.ReadFromString(l.text()); err != nil {
		return nil, err
	}
	if l.Signed != nil {
		if err := p.Sign(doc.Root(), *l.Signed); err != nil {
			return nil, err
		}
	}
	for _, c := range change {
		c(doc)
	}
	encoded, err := Encode(doc)
	form := url.Values{l.parameter(): {encoded}}
	if relay != "" {
		form.Set("RelayState", relay)
	}
	return form, err
}

// Query is the query that brings a message, in the spelling of browsers.
func (p *Provider) Query(l *Logout, relay string) (string, error) {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := w.Write([]byte(l.text())); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	query := l.parameter() + "=" + url.QueryEscape(base64.StdEncoding.EncodeToString(packed.Bytes()))
	if relay != "" {
		query += "&RelayState=" + url.QueryEscape(relay)
	}
	if l.Signed == nil {
		return query, nil
	}
	key := l.Signed.Key
	if key == nil {
		key = p.Key
	}
	method := dsig.RSASHA256SignatureMethod
	if _, is := key.private.(*ecdsa.PrivateKey); is {
		method = dsig.ECDSASHA256SignatureMethod
	}
	query += "&SigAlg=" + url.QueryEscape(method)
	sum := sha256.Sum256([]byte(query))
	signature, err := key.private.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err == nil && method == dsig.ECDSASHA256SignatureMethod {
		signature, err = key.pair(signature)
	}
	return query + "&Signature=" + url.QueryEscape(base64.StdEncoding.EncodeToString(signature)), err
}

// A Sent is a logout message of a service provider.
type Sent struct {
	XMLName      xml.Name
	ID           string `xml:"ID,attr"`
	Destination  string `xml:"Destination,attr"`
	Until        string `xml:"NotOnOrAfter,attr"`
	InResponseTo string `xml:"InResponseTo,attr"`
	Issuer       string `xml:"Issuer"`
	Name         struct {
		Format    string `xml:"Format,attr"`
		Qualifier string `xml:"NameQualifier,attr"`
		Value     string `xml:",chardata"`
	} `xml:"NameID"`
	Indexes []string `xml:"SessionIndex"`
	Status  struct {
		Code struct {
			Value string `xml:"Value,attr"`
		} `xml:"StatusCode"`
	} `xml:"Status"`

	RelayState string `xml:"-"`
}

// ReadQuery reads a logout message from an address, and verifies that a certificate of the service provider signs it.
func ReadQuery(to *url.URL, certificate []byte) (s Sent, err error) {
	c, err := x509.ParseCertificate(certificate)
	if err != nil {
		return s, err
	}
	signed, encoded, found := strings.Cut(to.RawQuery, "&Signature=")
	if !found {
		return s, errors.New("the query is not signed")
	}
	q := to.Query()
	signature, err := base64.StdEncoding.DecodeString(q.Get("Signature"))
	if err != nil || strings.Contains(encoded, "&") {
		return s, fmt.Errorf("the signature is not at the end: %w", err)
	}
	if err := c.CheckSignature(x509.SHA256WithRSA, []byte(signed), signature); err != nil {
		return s, err
	}
	packed, err := base64.StdEncoding.DecodeString(q.Get("SAMLRequest") + q.Get("SAMLResponse"))
	if err != nil {
		return s, err
	}
	raw, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), 1<<20))
	if err != nil {
		return s, err
	}
	s.RelayState = q.Get("RelayState")
	return s, xml.Unmarshal(raw, &s)
}

// VerifyForm returns the message that a form brings, as the signature of a certificate of the service provider covers it.
func VerifyForm(form url.Values, certificate []byte) (*etree.Element, error) {
	c, err := x509.ParseCertificate(certificate)
	if err != nil {
		return nil, err
	}
	raw, err := base64.StdEncoding.DecodeString(form.Get("SAMLRequest") + form.Get("SAMLResponse"))
	if err != nil {
		return nil, err
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(raw); err != nil {
		return nil, err
	}
	return dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{c}}).Validate(doc.Root())
}
