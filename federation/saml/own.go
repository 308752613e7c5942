package saml

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"slices"

	"plinto/federation"
	"plinto/tenant"
)

// Describe implements federation.Describer.
func (c *Connector) Describe(ctx context.Context, conn *federation.Connection) ([]byte, error) {
	t := tenant.Must(ctx)
	own, err := c.vault.Open(t.ID, conn)
	if err != nil {
		return nil, err
	}
	known := conn.Known(c.now())
	return Own(&Service{
		EntityID: federation.EntityID(t, conn), ACS: federation.RedirectURI(t, conn), Logout: federation.LogoutServiceURI(t, conn),
		Certificates: own.Published(), Signs: known.SignRequests,
	})
}

// A Service is what we are to a provider.
type Service struct {
	EntityID, ACS, Logout string

	Certificates [][]byte // in DER: the one that signs and decrypts, and the one that will
	Signs        bool     // authentication requests; logout messages are signed always
}

// Own is what we say of ourselves to the provider of a connection (SAML Metadata 2.0 §2.4.4).
func Own(s *Service) ([]byte, error) {
	descriptor := ownEntity{EntityID: s.EntityID, SP: ownRole{
		Signs: s.Signs, Wants: true, Protocols: nsProtocol,
		Logout: []ownEndpoint{{Binding: bindingRedirect, Location: s.Logout}, {Binding: bindingPost, Location: s.Logout}},
		ACS:    ownACS{ownEndpoint: ownEndpoint{Binding: bindingPost, Location: s.ACS}, Default: true},
		// A name that lasts is asked for first. One that is made anew each time is none of these.
		Formats: []string{formatPersistent, formatEmail, formatUnspecified},
	}}
	for _, certificate := range s.Certificates {
		key := ownKeyInfo{Certificate: base64.StdEncoding.EncodeToString(certificate)}
		encrypts := ownKey{Use: "encryption", Info: key}
		for _, method := range slices.Concat(authenticated, malleable) {
			encrypts.Methods = append(encrypts.Methods, ownMethod{method})
		}
		// One without use is for both, which Keycloak 26.7 reads as for neither.
		descriptor.SP.Keys = append(descriptor.SP.Keys, ownKey{Use: "signing", Info: key}, encrypts)
	}
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
	Signs     bool          `xml:"AuthnRequestsSigned,attr"`
	Wants     bool          `xml:"WantAssertionsSigned,attr"`
	Protocols string        `xml:"protocolSupportEnumeration,attr"`
	Keys      []ownKey      `xml:"KeyDescriptor"`
	Logout    []ownEndpoint `xml:"SingleLogoutService"`
	Formats   []string      `xml:"NameIDFormat"`
	ACS       ownACS        `xml:"AssertionConsumerService"`
}

// An ownKey signs, or decrypts. Each pair is for both.
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
}

type ownACS struct {
	ownEndpoint

	Index   int  `xml:"index,attr"`
	Default bool `xml:"isDefault,attr"`
}
