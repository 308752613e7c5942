package saml

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/russellhaering/gosaml2/types"

	"plinto/federation"
	"plinto/tenant"
)

const bindingRedirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"

var (
	errNoProvider = errors.New("the document describes no identity provider that requests go to by HTTP-Redirect")
	errNoKey      = errors.New("the document has no certificate that signs, with an RSA key of 2048 bits or more")
	errStale      = errors.New("the document is not valid any more")
)

// ReadMetadata reads what a provider says of itself (SAML Metadata 2.0 §2.4.3): its entity id, where it takes requests and what
// it signs with. Somebody gave us the document and answers for it; a signature is not looked at.
func ReadMetadata(raw []byte, now time.Time) (entityID string, s federation.SAML, err error) {
	raw = withoutComments(raw)
	if _, err := scan(raw, elEntity); err != nil {
		return "", s, err
	}
	var d types.EntityDescriptor
	if err := xml.Unmarshal(raw, &d); err != nil {
		return "", s, errNoProvider
	}
	if d.IDPSSODescriptor == nil || d.EntityID == "" {
		return "", s, errNoProvider
	}
	if !d.ValidUntil.IsZero() && now.After(d.ValidUntil) {
		return "", s, errStale
	}
	for i := range d.IDPSSODescriptor.SingleSignOnServices {
		if e := &d.IDPSSODescriptor.SingleSignOnServices[i]; e.Binding == bindingRedirect {
			s.SignOnURL = e.Location
			break
		}
	}
	if s.SignOnURL == "" {
		return "", s, errNoProvider
	}
	s.SignRequests = d.IDPSSODescriptor.WantAuthnRequestsSigned
	s.Certificates = signing(d.IDPSSODescriptor, now)
	if len(s.Certificates) == 0 {
		return "", s, errNoKey
	}
	return d.EntityID, s, nil
}

// withoutComments leaves out what people wrote for people.
func withoutComments(raw []byte) []byte {
	var out []byte
	for {
		before, after, found := bytes.Cut(raw, []byte("<!--"))
		out = append(out, before...)
		if !found {
			return out
		}
		_, raw, _ = bytes.Cut(after, []byte("-->"))
	}
}

// signing are the certificates that sign and have not expired, in base64.
func signing(d *types.IDPSSODescriptor, now time.Time) (all []string) {
	for i := range d.KeyDescriptors {
		k := &d.KeyDescriptors[i]
		if k.Use != "" && k.Use != "signing" {
			continue
		}
		for _, c := range k.KeyInfo.X509Data.X509Certificates {
			text := strings.Join(strings.Fields(c.Data), "")
			alone := federation.SAML{Certificates: []string{text}}
			parsed, err := alone.Trusted()
			if err == nil && federation.StrongRSA(parsed[0]) && now.Before(parsed[0].NotAfter) && !slices.Contains(all, text) {
				all = append(all, text)
			}
		}
	}
	return all
}

// ReadDescription implements federation.Describer.
func (c *Connector) ReadDescription(document []byte) (string, federation.SAML, error) {
	entityID, s, err := ReadMetadata(document, c.now())
	if err != nil {
		err = federation.ErrMetadata.With(err)
	}
	return entityID, s, err
}

// Describe implements federation.Describer.
func (c *Connector) Describe(ctx context.Context, conn *federation.Connection) ([]byte, error) {
	t := tenant.Must(ctx)
	own, err := c.vault.Open(t.ID, conn)
	if err != nil {
		return nil, err
	}
	return Own(federation.EntityID(t, conn), federation.RedirectURI(t, conn), own.Certificate, conn.SAML.SignRequests)
}

// Own is what we say of ourselves to the provider of a connection (SAML Metadata 2.0 §2.4.4).
func Own(entityID, acs string, certificate []byte, signs bool) ([]byte, error) {
	key := ownKeyInfo{Certificate: base64.StdEncoding.EncodeToString(certificate)}
	encrypts := ownKey{Use: "encryption", Info: key}
	for _, method := range slices.Concat(authenticated, malleable) {
		encrypts.Methods = append(encrypts.Methods, ownMethod{method})
	}
	descriptor := ownEntity{EntityID: entityID, SP: ownRole{
		Signs: signs, Wants: true, Protocols: nsProtocol,
		// One without use is for both, which Keycloak 26.7 reads as for neither.
		Keys: []ownKey{{Use: "signing", Info: key}, encrypts},
		ACS:  ownEndpoint{Binding: bindingPost, Location: acs, Default: true},
		// A name that lasts is asked for first. One that is made anew each time is none of these.
		Formats: []string{formatPersistent, formatEmail, formatUnspecified},
	}}
	written, err := xml.MarshalIndent(descriptor, "", "  ")
	if err != nil {
		return nil, err
	}
	return append([]byte(xml.Header), append(written, '\n')...), nil
}

type ownEntity struct {
	XMLName  xml.Name `xml:"urn:oasis:names:tc:SAML:2.0:metadata EntityDescriptor"`
	EntityID string   `xml:"entityID,attr"`
	SP       ownRole  `xml:"SPSSODescriptor"`
}

type ownRole struct {
	Signs     bool        `xml:"AuthnRequestsSigned,attr"`
	Wants     bool        `xml:"WantAssertionsSigned,attr"`
	Protocols string      `xml:"protocolSupportEnumeration,attr"`
	Keys      []ownKey    `xml:"KeyDescriptor"`
	Formats   []string    `xml:"NameIDFormat"`
	ACS       ownEndpoint `xml:"AssertionConsumerService"`
}

// An ownKey signs, or decrypts. There is one key for both.
type ownKey struct {
	Use     string `xml:"use,attr"`
	Info    ownKeyInfo
	Methods []ownMethod `xml:"EncryptionMethod"`
}

type ownKeyInfo struct {
	XMLName     xml.Name `xml:"http://www.w3.org/2000/09/xmldsig# KeyInfo"`
	Certificate string   `xml:"X509Data>X509Certificate"`
}

type ownMethod struct {
	Algorithm string `xml:"Algorithm,attr"`
}

type ownEndpoint struct {
	Binding  string `xml:"Binding,attr"`
	Location string `xml:"Location,attr"`
	Index    int    `xml:"index,attr"`
	Default  bool   `xml:"isDefault,attr"`
}
