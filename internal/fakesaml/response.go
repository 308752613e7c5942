package fakesaml

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
	"github.com/google/uuid"
)

// Values of answers.
const (
	Success    = "urn:oasis:names:tc:SAML:2.0:status:Success"
	Persistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
	Email      = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
	Transient  = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
	Password   = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
)

// A Response is what a provider says: first of the response, then of the assertion in it.
type Response struct {
	ID, Version, Issuer, Destination, InResponseTo string
	Status                                         string // XML in StatusCode's place

	AssertionID, AssertionIssuer string
	Declared                     string // namespaces that the assertion declares besides
	IssuedAt                     time.Time
	Name, Format, NameAttributes string // Name is XML
	Method                       string // of the confirmation
	Recipient, ConfirmedRequest  string
	ConfirmedFrom                time.Time // zero: not said
	ConfirmedUntil               time.Time
	NotBefore, NotOnOrAfter      time.Time
	Audience, Conditions         string // Conditions is XML besides
	AuthnInstant, SessionUntil   time.Time
	SessionIndex, Class          string
	Attributes                   map[string][]string
	More                         string // XML at the end of the assertion

	SignResponse, SignAssertion *Signing // nil: it is not signed
}

// Answer is a good answer to a request, about an account.
func (p *Provider) Answer(q *Request, name string, at time.Time) Response {
	return Response{
		ID: "_" + uuid.NewString(), Version: "2.0", Issuer: p.EntityID, Destination: q.ACS, InResponseTo: q.ID, Status: `<samlp:StatusCode Value="` + Success + `"/>`,
		AssertionID: "_" + uuid.NewString(), AssertionIssuer: p.EntityID, IssuedAt: at, Name: escaped(name), Format: Persistent,
		Method: "urn:oasis:names:tc:SAML:2.0:cm:bearer", Recipient: q.ACS, ConfirmedRequest: q.ID, ConfirmedUntil: at.Add(5 * time.Minute),
		NotBefore: at.Add(-time.Minute), NotOnOrAfter: at.Add(5 * time.Minute), Audience: q.Issuer, AuthnInstant: at, SessionIndex: "_" + uuid.NewString(),
		Class: Password, SignAssertion: &Signing{},
	}
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

func stamp(name string, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return " " + name + `="` + at.UTC().Format(time.RFC3339) + `"`
}

func named(name, value string) string {
	if value == "" {
		return ""
	}
	return " " + name + `="` + escaped(value) + `"`
}

// Assertion is the assertion, unsigned.
func (r *Response) Assertion() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"%s%s Version="%s"%s><saml:Issuer>%s</saml:Issuer>`,
		r.Declared, named("ID", r.AssertionID), r.Version, stamp("IssueInstant", r.IssuedAt), escaped(r.AssertionIssuer))
	fmt.Fprintf(&b, `<saml:Subject><saml:NameID%s%s>%s</saml:NameID><saml:SubjectConfirmation Method="%s"><saml:SubjectConfirmationData%s%s%s%s/></saml:SubjectConfirmation></saml:Subject>`,
		named("Format", r.Format), r.NameAttributes, r.Name, r.Method, named("Recipient", r.Recipient), named("InResponseTo", r.ConfirmedRequest),
		stamp("NotBefore", r.ConfirmedFrom), stamp("NotOnOrAfter", r.ConfirmedUntil))
	fmt.Fprintf(&b, `<saml:Conditions%s%s>`, stamp("NotBefore", r.NotBefore), stamp("NotOnOrAfter", r.NotOnOrAfter))
	if r.Audience != "" {
		fmt.Fprintf(&b, `<saml:AudienceRestriction><saml:Audience>%s</saml:Audience></saml:AudienceRestriction>`, escaped(r.Audience))
	}
	fmt.Fprintf(&b, `%s</saml:Conditions><saml:AuthnStatement%s%s%s><saml:AuthnContext><saml:AuthnContextClassRef>%s</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`,
		r.Conditions, stamp("AuthnInstant", r.AuthnInstant), stamp("SessionNotOnOrAfter", r.SessionUntil), named("SessionIndex", r.SessionIndex), escaped(r.Class))
	if len(r.Attributes) > 0 {
		b.WriteString(`<saml:AttributeStatement>`)
		for _, name := range slices.Sorted(maps.Keys(r.Attributes)) {
			fmt.Fprintf(&b, `<saml:Attribute%s>`, named("Name", name))
			for _, v := range r.Attributes[name] {
				fmt.Fprintf(&b, `<saml:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string" xmlns:xs="http://www.w3.org/2001/XMLSchema">%s</saml:AttributeValue>`, escaped(v))
			}
			b.WriteString(`</saml:Attribute>`)
		}
		b.WriteString(`</saml:AttributeStatement>`)
	}
	return b.String() + r.More + `</saml:Assertion>`
}

// Outside is the response without its assertion.
func (r *Response) Outside() string {
	return fmt.Sprintf(`<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"%s Version="%s"%s%s%s><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">%s</saml:Issuer><samlp:Status>%s</samlp:Status></samlp:Response>`,
		named("ID", r.ID), r.Version, stamp("IssueInstant", r.IssuedAt), named("Destination", r.Destination), named("InResponseTo", r.InResponseTo), escaped(r.Issuer), r.Status)
}

// Document builds and signs a response. inside, if there is one, replaces the signed assertion, as one that is encrypted does.
func (p *Provider) Document(r *Response, inside ...func(*etree.Element) (*etree.Element, error)) (*etree.Document, error) {
	doc, assertion := etree.NewDocument(), etree.NewDocument()
	if err := doc.ReadFromString(r.Outside()); err != nil {
		return nil, err
	}
	if strings.Contains(r.Status, `"`+Success+`"`) {
		if err := assertion.ReadFromString(r.Assertion()); err != nil {
			return nil, err
		}
		el := assertion.Root()
		if r.SignAssertion != nil {
			if err := p.Sign(el, *r.SignAssertion); err != nil {
				return nil, err
			}
		}
		for _, change := range inside {
			var err error
			if el, err = change(el); err != nil {
				return nil, err
			}
		}
		doc.Root().AddChild(el)
	}
	if r.SignResponse != nil {
		return doc, p.Sign(doc.Root(), *r.SignResponse)
	}
	return doc, nil
}

// Encode is a document as the browser brings it.
func Encode(doc *etree.Document) (string, error) {
	raw, err := doc.WriteToBytes()
	return base64.StdEncoding.EncodeToString(raw), err
}
