package federation

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
)

// Why what a provider publishes at Spec.SAML.MetadataURL is believed. That it came by https is never enough without TrustTLS.
const (
	// TrustSigned believes a document that a certificate of MetadataCertificates signs. It is the default.
	TrustSigned = "signed"
	// TrustPinned believes of a document that nobody signs only that a certificate of SAML.Certificates is in use no more.
	TrustPinned = "pinned"
	// TrustTLS believes whoever answers there.
	TrustTLS = "tls"
)

// A MetadataSource is where a provider publishes its metadata (SAML Metadata 2.0 §4.1), and why they are believed.
type MetadataSource struct {
	MetadataURL   string `json:"metadata_url,omitempty" yaml:"metadata_url"` // "": they are not read
	MetadataTrust string `json:"metadata_trust,omitempty" yaml:"metadata_trust"`
	// MetadataCertificates sign the document: each is one in PEM or base64, or the SHA-256 of one in DER, in hexadecimal.
	MetadataCertificates []string `json:"metadata_certificates,omitempty" yaml:"metadata_certificates"`
}

var fingerprintForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// IsFingerprint reports whether one of MetadataCertificates is the SHA-256 of a certificate.
func IsFingerprint(text string) bool { return fingerprintForm.MatchString(text) }

// Fingerprint is the SHA-256 of a certificate, in hexadecimal.
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

func (m *MetadataSource) normalize() {
	if m.MetadataURL != "" && m.MetadataTrust == "" {
		m.MetadataTrust = TrustSigned
	}
	var kept []string
	for _, text := range m.MetadataCertificates {
		if plain := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(text), ":", "")); IsFingerprint(plain) {
			text = plain
		}
		kept = append(kept, text)
	}
	m.MetadataCertificates = plainCertificates(kept)
}

// saysItself reports whether people say where a provider is and what it signs with, and not its metadata.
func (m *MetadataSource) saysItself() bool {
	return m.MetadataURL == "" || m.MetadataTrust == TrustPinned
}

func (m *MetadataSource) check(checkURL func(string) error) error {
	if m.MetadataURL == "" {
		if m.MetadataTrust != "" || len(m.MetadataCertificates) > 0 {
			return wrong("saml/metadata_url", "must be given with metadata_trust and metadata_certificates")
		}
		return nil
	}
	switch {
	case checkURL(m.MetadataURL) != nil || len(m.MetadataURL) > 2000 || strings.Contains(m.MetadataURL, "#"):
		return wrong("saml/metadata_url", "must be an https URL of a public host")
	case !slices.Contains([]string{TrustSigned, TrustPinned, TrustTLS}, m.MetadataTrust):
		return wrong("saml/metadata_trust", "must be signed, pinned or tls")
	case m.MetadataTrust == TrustSigned && len(m.MetadataCertificates) == 0:
		return wrong("saml/metadata_certificates", "must have what signs the metadata, a certificate or its SHA-256; where nobody signs them, metadata_trust says why they are believed: pinned or tls")
	case m.MetadataTrust == TrustTLS && len(m.MetadataCertificates) > 0:
		return wrong("saml/metadata_certificates", "must not be given with metadata_trust tls, which looks at no signature")
	case len(m.MetadataCertificates) > MaxCertificates:
		return wrong("saml/metadata_certificates", "must have at most 10")
	}
	all, err := m.Signers()
	if err != nil || slices.ContainsFunc(all, func(c *x509.Certificate) bool { return !Strong(c) }) {
		return wrong("saml/metadata_certificates", strongKeys+", or the SHA-256 of such a one in hexadecimal")
	}
	return nil
}

// Signers returns those of MetadataCertificates that are certificates.
func (m *MetadataSource) Signers() ([]*x509.Certificate, error) {
	return parseCertificates(slices.DeleteFunc(slices.Clone(m.MetadataCertificates), IsFingerprint))
}

func (m *MetadataSource) equal(other *MetadataSource) bool {
	return m.MetadataURL == other.MetadataURL && m.MetadataTrust == other.MetadataTrust && slices.Equal(m.MetadataCertificates, other.MetadataCertificates)
}

// A Metadata is what the metadata of a provider say, as far as it is believed.
type Metadata struct {
	SAML

	ValidUntil time.Time `json:"valid_until,omitzero"` // zero: until they say something else
}

// A MetadataState is how reading the metadata of a provider went.
type MetadataState struct {
	ReadAt time.Time `json:"read_at,omitzero"` // when what they say was last believed
	// Problem is why they were not the last time, or why not all that they say: see MetadataProblems. FailedSince is since when;
	// zero: they were.
	Problem     string    `json:"problem,omitempty"`
	FailedSince time.Time `json:"failed_since,omitzero"`
	// Refused are certificates of the document that are not believed, by their SHA-256.
	Refused []string `json:"refused,omitempty"`
}

// Problems of metadata.
const (
	MetadataUnreachable  = "unreachable"
	MetadataUnsigned     = "unsigned"
	MetadataEntityID     = "entity_id"
	MetadataExpired      = "expired"
	MetadataInvalid      = "invalid"
	MetadataCertificates = "certificates"
	MetadataNewerThings  = "unsigned_changes"
)

// MetadataProblems say in our words what is wrong with metadata.
var MetadataProblems = map[string]string{
	MetadataUnreachable:  "cannot be fetched",
	MetadataUnsigned:     "are not signed by one of metadata_certificates",
	MetadataEntityID:     "are of another entity id than the connection's issuer",
	MetadataExpired:      "are not valid any more, by what they say themselves",
	MetadataInvalid:      "describe no identity provider with an address for HTTP-Redirect or HTTP-POST and a certificate that is strong enough and in use",
	MetadataCertificates: "have none of the certificates of the connection",
	MetadataNewerThings:  "have other certificates or addresses than the connection, and nobody signs them: they are not taken",
}

// A MetadataError is one of MetadataProblems.
type MetadataError struct {
	Problem string
	Cause   error
}

func (e *MetadataError) Error() string { return "the metadata " + MetadataProblems[e.Problem] }

// Unwrap returns the cause.
func (e *MetadataError) Unwrap() error { return e.Cause }

// said is the error as whoever changes a connection is told it.
func (e *MetadataError) said() error {
	return ErrSpec.At(fault.Field{Pointer: "/saml/metadata_url", Message: "is no place to read metadata from: they " + MetadataProblems[e.Problem]}).With(e)
}

// A Described is what a document says of a provider.
type Described struct {
	EntityID string
	SAML
	ValidUntil time.Time        // zero: it does not say
	CacheFor   time.Duration    // how long it is good without being read again; 0: it does not say
	Signed     bool             // by one of MetadataCertificates; then all of this is what was signed
	Offers     []OfferedAddress // all addresses that are of a use, also those that are not preferred
}

// An OfferedAddress is an address of a provider and how messages get there, as SAML has it.
type OfferedAddress struct{ URL, Binding string }

// A MetadataReader is a Connector whose providers publish what they are.
type MetadataReader interface {
	// FetchMetadata reads what is published at MetadataURL. A *MetadataError.
	FetchMetadata(ctx context.Context, c *Connection) (Described, error)
}

// MetadataRows stores what the metadata of providers say. Each method joins the transaction of ctx.
type MetadataRows interface {
	// ClaimMetadata has nobody else read the metadata of a connection that are due at that time, until another one. It reports whether
	// nobody else did.
	ClaimMetadata(ctx context.Context, id uuid.UUID, due, until time.Time) (won bool, err error)
	// SetMetadata stores Metadata, MetadataState and MetadataDue of c.Version. It makes another version only of a provider that changed.
	// fault.ErrChanged, ErrNotFound.
	SetMetadata(ctx context.Context, c Connection, changed bool) error
}

// ReadsMetadata reports whether the provider of a connection publishes what it is.
func (c *Connection) ReadsMetadata() bool {
	return c.Kind == KindSAML && c.SAML != nil && c.SAML.MetadataURL != ""
}

// Known returns what is known of the provider of a connection at a time: what people said, or what its metadata say as long as they are
// valid. What is not known is empty.
func (c *Connection) Known(now time.Time) SAML {
	switch {
	case c.SAML == nil:
		return SAML{}
	case !c.ReadsMetadata():
		return *c.SAML
	}
	known := SAML{}
	if c.Metadata != nil {
		known = c.Metadata.SAML
		if until := c.Metadata.ValidUntil; !until.IsZero() && !now.Before(until) {
			known.Certificates = nil
		}
	}
	known.SignRequests = known.SignRequests || c.SAML.SignRequests
	return known
}

// believe returns what of a document counts for a connection, and which of its certificates do not. A *MetadataError.
func (s *Service) believe(c *Connection, d *Described) (m Metadata, refused []string, err error) {
	if d.EntityID != c.Issuer {
		return m, nil, &MetadataError{Problem: MetadataEntityID}
	}
	if c.SAML.MetadataTrust == TrustSigned && !d.Signed {
		return m, nil, &MetadataError{Problem: MetadataUnsigned}
	}
	m = Metadata{SAML: d.SAML, ValidUntil: d.ValidUntil}
	if c.SAML.MetadataTrust == TrustPinned && !d.Signed {
		return c.narrowed(&m)
	}
	if err := m.check(s.CheckURL); err != nil {
		return m, nil, &MetadataError{Problem: MetadataInvalid, Cause: err}
	}
	return m, nil, nil
}

// narrowed is what people said of a provider, without the certificates that a document which nobody signed has not.
func (c *Connection) narrowed(d *Metadata) (m Metadata, refused []string, err error) {
	m.SAML = *c.SAML
	m.MetadataSource, m.ValidUntil = MetadataSource{}, d.ValidUntil
	m.Certificates = slices.DeleteFunc(slices.Clone(c.SAML.Certificates), func(text string) bool { return !slices.Contains(d.Certificates, text) })
	if len(m.Certificates) == 0 {
		return m, nil, &MetadataError{Problem: MetadataCertificates}
	}
	for _, text := range d.Certificates {
		if !slices.Contains(c.SAML.Certificates, text) {
			refused = append(refused, fingerprintOf(text))
		}
	}
	// Signing requests of ours harms nobody: whether the provider wants it is believed.
	m.SignRequests = m.SignRequests || d.SignRequests
	return m, refused, nil
}

func fingerprintOf(text string) string {
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

func fingerprints(texts []string) (all []string) {
	for _, text := range texts {
		all = append(all, fingerprintOf(text))
	}
	return all
}

// leaves reports whether a document has the addresses no more that count.
func (m *Metadata) leaves(d *Described) bool {
	gone := func(url, binding string) bool {
		return url != "" && !slices.Contains(d.Offers, OfferedAddress{url, binding})
	}
	return gone(m.SignOnURL, m.SignOnBinding) || gone(m.LogoutURL, m.LogoutBinding)
}
