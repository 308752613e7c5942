package federation

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"strings"

	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/tenant"
)

// KindSAML is the kind of connections by SAML 2.0: Web Browser SSO, of which we are the service provider.
const KindSAML = "saml"

// AuthCertificate is how a provider of SAML knows that it is us: by the key pair that the connection has. It is the only one
// of KindSAML.
const AuthCertificate = "certificate"

// Bounds of connections by SAML.
const (
	MaxCertificates = 10
	maxEntityID     = 1024 // characters (SAML Core 2.0 §8.3.6)
	minRSA          = 2048 // bits
)

// Bindings by which messages go to a provider (SAML Bindings 2.0 §3.4, §3.5).
const (
	BindingRedirect = "redirect"
	BindingPost     = "post"
)

// A SAML is what is known of a provider of SAML beside its entity id, which is Spec.Issuer.
type SAML struct {
	// SignOnURL is where requests go, by SignOnBinding; "" is BindingRedirect.
	SignOnURL     string `json:"sign_on_url,omitempty" yaml:"sign_on_url"`
	SignOnBinding string `json:"sign_on_binding,omitempty" yaml:"sign_on_binding"`
	// Certificates are those that the provider signs with, each in base64 (DER) or PEM. Nothing else is believed. Several
	// overlap while the provider changes from one to the next.
	Certificates []string `json:"certificates,omitempty" yaml:"certificates"`
	SignRequests bool     `json:"sign_requests,omitempty" yaml:"sign_requests"`
	// LogoutURL is where the provider takes logout requests (SAML Profiles 2.0 §4.4), by LogoutBinding; "": it takes none. Answers to
	// its own go to LogoutResponseURL, or there too.
	LogoutURL         string `json:"logout_url,omitempty" yaml:"logout_url"`
	LogoutBinding     string `json:"logout_binding,omitempty" yaml:"logout_binding"`
	LogoutResponseURL string `json:"logout_response_url,omitempty" yaml:"logout_response_url"`

	MetadataSource `yaml:",inline"`
}

// ErrSAMLOff reports a connection by SAML in a tenant that has not switched SAML on.
var ErrSAMLOff = fault.New(fault.Invalid, "saml_off", "The tenant has not switched SAML on: its setting saml is off.")

// TakesKind returns ErrSAMLOff for a connection of a kind that the tenant of ctx has not switched on.
func TakesKind(ctx context.Context, kind string) error {
	if kind == KindSAML && !tenant.Must(ctx).Settings.SAML.On() {
		return ErrSAMLOff
	}
	return nil
}

// EntityID is our name at the provider of a connection (SAML Core 2.0 §8.3.6): the address of our metadata. Each connection
// has its own, so that what is for one is for no other.
func EntityID(t *tenant.Tenant, c *Connection) string {
	return addressAt(t, c, paths.FederationMetadata)
}

// A Describer is a Connector to providers that are told of us by a document.
type Describer interface {
	// Describe returns it, for one connection.
	Describe(ctx context.Context, c *Connection) ([]byte, error)
	// ReadDescription reads the document of a provider: its entity id, and what belongs into Spec.SAML. ErrMetadata.
	ReadDescription(document []byte) (entityID string, s SAML, err error)
}

// ErrMetadata reports a document that describes no provider of SAML, in a way that can be used.
var ErrMetadata = ErrSpec.At(fault.Field{Pointer: "/saml/metadata", Message: "describes no identity provider with an address for HTTP-Redirect or HTTP-POST and a certificate that signs, of RSA with 2048 bits or more or of ECDSA"})

// Describe returns what introduces us to the provider of a connection by its slug. ErrNotFound.
func (s *Service) Describe(ctx context.Context, slug string) ([]byte, error) {
	c, err := s.BySlug(ctx, slug)
	if err != nil {
		return nil, err
	}
	describer, ok := s.Connectors[c.Kind].(Describer)
	if !ok || TakesKind(ctx, c.Kind) != nil {
		return nil, ErrNotFound
	}
	return describer.Describe(ctx, &c)
}

// ReadDescription reads the document of a provider: see Describer. ErrMetadata.
func (s *Service) ReadDescription(document []byte) (entityID string, described SAML, err error) {
	describer, ok := s.Connectors[KindSAML].(Describer)
	if !ok {
		return "", described, ErrMetadata
	}
	return describer.ReadDescription(document)
}

// Offered returns the connections that people are shown: see Connections.
func (s *SignIns) Offered(ctx context.Context) ([]Connection, error) {
	return offered(ctx, s.Connections)
}

// offered returns the connections with which people can sign in: those that are enabled, of a kind that the tenant has switched on.
func offered(ctx context.Context, from Connections) ([]Connection, error) {
	all, err := from.Offered(ctx)
	off := func(c Connection) bool { return TakesKind(ctx, c.Kind) != nil }
	if slices.ContainsFunc(all, off) {
		all = slices.DeleteFunc(slices.Clone(all), off)
	}
	return all, err
}

// assertionHash is how it is kept that an assertion was used. Its id is one of the provider's.
func assertionHash(ctx context.Context, c *Connection, a *Assertion) []byte {
	return secret.Hash("federation-assertion", tenant.Must(ctx).ID, c.ID.String()+"\x00"+a.Issuer+"\x00"+a.ID)
}

// normalize brings certificates and bindings to one form.
func (s *SAML) normalize() {
	s.Certificates = plainCertificates(s.Certificates)
	for _, binding := range []*string{&s.SignOnBinding, &s.LogoutBinding} {
		if *binding == BindingRedirect {
			*binding = ""
		}
	}
	s.MetadataSource.normalize()
}

// plainCertificates are certificates in base64, each once; nil: there are none.
func plainCertificates(all []string) (kept []string) {
	for _, text := range all {
		if block, _ := pem.Decode([]byte(strings.TrimSpace(text))); block != nil {
			text = base64.StdEncoding.EncodeToString(block.Bytes)
		}
		if text = strings.Join(strings.Fields(text), ""); !slices.Contains(kept, text) {
			kept = append(kept, text)
		}
	}
	return kept
}

// Trusted returns the certificates.
func (s *SAML) Trusted() ([]*x509.Certificate, error) { return parseCertificates(s.Certificates) }

func parseCertificates(texts []string) ([]*x509.Certificate, error) {
	all := make([]*x509.Certificate, 0, len(texts))
	for _, text := range texts {
		der, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, err
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// Strong reports whether a certificate has a key that is believed: RSA of 2048 bits or more, or ECDSA of P-256, P-384 or P-521.
// XML signatures with other kinds of keys are not checked.
func Strong(c *x509.Certificate) bool {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen() >= minRSA
	case *ecdsa.PublicKey:
		return key.Curve == elliptic.P256() || key.Curve == elliptic.P384() || key.Curve == elliptic.P521()
	}
	return false
}

// normalizeSAML fills in what a connection by SAML has always. What belongs to OpenID Connect it has not.
func (s *Spec) normalizeSAML() {
	s.AuthMethod, s.ClientID, s.Endpoints, s.Scopes, s.TrustedAMR = AuthCertificate, "", nil, []string{}, nil
	if s.SAML != nil {
		copied := *s.SAML
		copied.normalize()
		s.SAML = &copied
	}
}

// checkSAML returns what is wrong with a connection by SAML: ErrSpec.
func (s *Spec) checkSAML(checkURL func(string) error) error {
	switch {
	case s.SAML == nil:
		return wrong("saml", "must say where the provider is and what it signs with")
	case s.Issuer == "" || len(s.Issuer) > maxEntityID || !printable(s.Issuer) || strings.Contains(s.Issuer, " "):
		return wrong("issuer", "must be the provider's entity id, of 1 to 1024 printable characters of ASCII")
	case slices.Contains(s.EmailDomains, AnyDomain):
		return wrong("email_domains", "must be named: an assertion does not say which addresses the provider has verified")
	}
	if err := s.SAML.MetadataSource.check(checkURL); err != nil {
		return err
	}
	if !s.SAML.saysItself() {
		return s.SAML.checkEmpty()
	}
	return s.SAML.check(checkURL)
}

// strongKeys is what certificates must have.
const strongKeys = "must be X.509 certificates with RSA keys of 2048 bits or more, or ECDSA keys of P-256, P-384 or P-521, in PEM or base64"

// check returns what is wrong with what is said of a provider: ErrSpec.
func (s *SAML) check(checkURL func(string) error) error {
	binding := func(b string) bool { return b == "" || b == BindingPost }
	usable := func(address string) bool {
		return checkURL(address) == nil && len(address) <= 2000 && !strings.Contains(address, "#")
	}
	const where = "must be an https URL of a public host"
	switch {
	case !usable(s.SignOnURL):
		return wrong("saml/sign_on_url", where)
	case !binding(s.SignOnBinding):
		return wrong("saml/sign_on_binding", "must be redirect or post")
	case s.LogoutURL != "" && !usable(s.LogoutURL):
		return wrong("saml/logout_url", where)
	case s.LogoutResponseURL != "" && (s.LogoutURL == "" || !usable(s.LogoutResponseURL)):
		return wrong("saml/logout_response_url", where+", given with logout_url")
	case !binding(s.LogoutBinding):
		return wrong("saml/logout_binding", "must be redirect or post")
	case len(s.Certificates) == 0 || len(s.Certificates) > MaxCertificates:
		return wrong("saml/certificates", "must have 1 to 10 certificates: without one nothing of the provider can be believed")
	}
	trusted, err := s.Trusted()
	if err != nil || slices.ContainsFunc(trusted, func(c *x509.Certificate) bool { return !Strong(c) }) {
		return wrong("saml/certificates", strongKeys)
	}
	return nil
}

// checkEmpty reports what is said of a provider that its metadata say.
func (s *SAML) checkEmpty() error {
	for member, said := range map[string]bool{
		"sign_on_url": s.SignOnURL != "", "sign_on_binding": s.SignOnBinding != "", "certificates": len(s.Certificates) > 0, "logout_url": s.LogoutURL != "",
		"logout_binding": s.LogoutBinding != "", "logout_response_url": s.LogoutResponseURL != "",
	} {
		if said {
			return wrong("saml/"+member, "must not be given with metadata_url, which says it, unless metadata_trust is pinned")
		}
	}
	return nil
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// equal reports whether two say the same.
func (s *SAML) equal(other *SAML) bool {
	if s == nil || other == nil {
		return s == other
	}
	return len(s.differences(other)) == 0 && s.MetadataSource.equal(&other.MetadataSource)
}

// differences names the members that differ, but for those of MetadataSource.
func (s *SAML) differences(other *SAML) (fields []string) {
	for _, d := range []struct {
		name    string
		differs bool
	}{
		{"sign_on_url", s.SignOnURL != other.SignOnURL},
		{"sign_on_binding", s.SignOnBinding != other.SignOnBinding},
		{"certificates", !slices.Equal(s.Certificates, other.Certificates)},
		{"sign_requests", s.SignRequests != other.SignRequests},
		{"logout_url", s.LogoutURL != other.LogoutURL},
		{"logout_binding", s.LogoutBinding != other.LogoutBinding},
		{"logout_response_url", s.LogoutResponseURL != other.LogoutResponseURL},
	} {
		if d.differs {
			fields = append(fields, d.name)
		}
	}
	return fields
}
