package passkey

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"sync"
	"time"

	"github.com/go-webauthn/webauthn/metadata"
	"github.com/go-webauthn/webauthn/metadata/providers/memory"
	"github.com/google/uuid"
)

// lookAgain is how long a file is not looked at again.
const lookAgain = time.Minute

// Metadata is what makers say of their authenticators: a file that the FIDO Alliance signs (FIDO Metadata
// Service 3.1.1 §3.1). It is read where it lies, and nothing is fetched.
type Metadata struct {
	path string
	root *x509.Certificate
	now  func() time.Time

	mu      sync.Mutex
	looked  time.Time
	changed time.Time // of the file that was read
	known   *known
}

// known is what one file says.
type known struct {
	next     time.Time // when it counts no more
	entries  map[uuid.UUID]*metadata.Entry
	provider metadata.Provider
}

// OpenMetadata reads a file that metadataSigner signed. root is the root of its certificate; nil: the one that the FIDO Alliance names. It fails where the file is not
// signed, and not where it is out of date: then no authenticator counts until another file is there.
func OpenMetadata(path string, root *x509.Certificate, now func() time.Time) (*Metadata, error) {
	if root == nil {
		der, err := base64.StdEncoding.DecodeString(metadata.ProductionMDSRoot)
		if err != nil {
			return nil, fmt.Errorf("decode root of metadata: %w", err)
		}
		if root, err = x509.ParseCertificate(der); err != nil {
			return nil, fmt.Errorf("parse root of metadata: %w", err)
		}
	}
	m := &Metadata{path: path, root: root, now: now}
	return m, m.read()
}

// current returns what the file says now, or nil where it is out of date or there is none. Another file that
// was put in its place is read within a minute; one that is not signed changes nothing.
func (m *Metadata) current() *known {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := m.now(); now.Sub(m.looked) > lookAgain {
		if err := m.read(); err != nil {
			slog.Error("metadata of authenticators cannot be read", "error", err.Error())
		}
	}
	// The day of the next update is still good.
	if m.known == nil || !m.now().Before(m.known.next.AddDate(0, 0, 1)) {
		slog.Warn("metadata of authenticators is out of date: no passkey with attestation is taken", "file", m.path)
		return nil
	}
	return m.known
}

func (m *Metadata) read() error {
	m.looked = m.now()
	info, err := os.Stat(m.path)
	if err != nil {
		return fmt.Errorf("look at metadata: %w", err)
	}
	if m.known != nil && info.ModTime().Equal(m.changed) {
		return nil
	}
	blob, err := os.ReadFile(m.path)
	if err != nil {
		return fmt.Errorf("read metadata: %w", err)
	}
	payload, err := signedBy(m.root, bytes.TrimSpace(blob), m.now())
	if err != nil {
		return err
	}
	next, err := parseMetadata(payload)
	if err != nil {
		return err
	}
	m.known, m.changed = next, info.ModTime()
	return nil
}

// parseMetadata keeps what is known of authenticators with an AAGUID, without their pictures. Entries of a
// form that is not known are left out: those authenticators count as unknown.
func parseMetadata(payload []byte) (*known, error) {
	var file metadata.PayloadJSON
	if err := json.Unmarshal(payload, &file); err != nil {
		return nil, fmt.Errorf("decode metadata: %w", err)
	}
	k := &known{entries: make(map[uuid.UUID]*metadata.Entry, len(file.Entries))}
	var err error
	if k.next, err = time.Parse(time.DateOnly, file.NextUpdate); err != nil {
		return nil, fmt.Errorf("decode metadata: next update: %w", err)
	}
	for i := range file.Entries {
		file.Entries[i].MetadataStatement.Icon = ""
		if entry, err := file.Entries[i].Parse(); err == nil && entry.AaGUID != uuid.Nil {
			k.entries[entry.AaGUID] = &entry
		}
	}
	if k.provider, err = memory.New(memory.WithMetadata(k.entries), memory.WithValidateAAGUID(true)); err != nil {
		return nil, fmt.Errorf("make provider of metadata: %w", err)
	}
	return k, nil
}

// metadataSigner is the host whose certificate signs the metadata. The root alone proves nothing: it is a public one, under which
// anybody gets a certificate for a host of theirs.
const metadataSigner = "mds.fidoalliance.org"

var errUnsigned = errors.New("metadata is not signed by its root")

// signedBy returns the payload of a JWS whose certificates (x5c, RFC 7515 §4.1.6) lead from metadataSigner to root. Revocation
// lists are not fetched.
func signedBy(root *x509.Certificate, blob []byte, now time.Time) ([]byte, error) {
	parts := bytes.Split(blob, []byte("."))
	if len(parts) != 3 {
		return nil, fmt.Errorf("%w: it is no JWS", errUnsigned)
	}
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.DecodeString(string(part)); err != nil {
			return nil, fmt.Errorf("%w: %w", errUnsigned, err)
		}
	}
	var header struct {
		Alg string   `json:"alg"`
		X5C [][]byte `json:"x5c"`
	}
	if err := json.Unmarshal(decoded[0], &header); err != nil || len(header.X5C) == 0 {
		return nil, fmt.Errorf("%w: it has no certificates", errUnsigned)
	}
	var leaf *x509.Certificate
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(root)
	for i, der := range header.X5C {
		cert, err := x509.ParseCertificate(der)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w: %w", errUnsigned, err)
		case i == 0:
			leaf = cert
		default:
			between.AddCert(cert)
		}
	}
	if _, err := leaf.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: now, DNSName: metadataSigner, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}); err != nil {
		return nil, fmt.Errorf("%w: %w", errUnsigned, err)
	}
	if !verifies(leaf.PublicKey, header.Alg, blob[:len(parts[0])+1+len(parts[1])], decoded[2]) {
		return nil, fmt.Errorf("%w: the signature is wrong", errUnsigned)
	}
	return decoded[1], nil
}

// verifies takes RS256 and ES256 (RFC 7518 §3), each with its own kind of key.
func verifies(public crypto.PublicKey, alg string, signed, signature []byte) bool {
	sum := sha256.Sum256(signed)
	switch key := public.(type) {
	case *rsa.PublicKey:
		return alg == "RS256" && rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil
	case *ecdsa.PublicKey:
		return alg == "ES256" && len(signature) == 64 &&
			ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
	}
	return false
}

// nameOf is how people know the authenticators of a model, or "".
func (m *Metadata) nameOf(aaguid uuid.UUID) string {
	if name := makers[aaguid]; name != "" || m == nil {
		return name
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || m.known.entries[aaguid] == nil {
		return ""
	}
	return m.known.entries[aaguid].MetadataStatement.Description
}
