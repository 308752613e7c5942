package federation

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/internal/jwt"
	"plinto/tenant"
)

// keyPairLife is how long the certificate of a key pair says that it lasts. Providers go by the key that they were told; the
// certificate carries it.
const keyPairLife = 10 * 365 * 24 * time.Hour

// newKeyPair makes the key with which we sign requests to a provider, and open what it encrypts for us. Both are done with
// one key: it opens keys by RSA-OAEP alone, so nobody gets a signature out of it by having it decrypt.
func newKeyPair() (Credentials, error) {
	key, err := jwt.Generate("RS256")
	if err != nil {
		return Credentials{}, fmt.Errorf("generate key of connection: %w", err)
	}
	der, err := jwt.MarshalPrivate(key)
	if err != nil {
		return Credentials{}, fmt.Errorf("encode key of connection: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return Credentials{}, fmt.Errorf("draw serial number: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Plinto service provider"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(keyPairLife),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return Credentials{}, fmt.Errorf("make certificate of connection: %w", err)
	}
	return Credentials{Key: der, Certificate: certificate}, nil
}

// A KeyPair is a private key, in PKCS #8, and its certificate, in DER.
type KeyPair struct {
	Key         []byte `json:"key"`
	Certificate []byte `json:"certificate"`
}

// RSA returns the private key.
func (p *KeyPair) RSA() (*rsa.PrivateKey, error) {
	key, err := jwt.ParsePrivate(p.Key)
	if err != nil {
		return nil, fmt.Errorf("read key of connection: %w", err)
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok || len(p.Certificate) == 0 {
		return nil, errors.New("the connection has no key pair")
	}
	return private, nil
}

// Present is the key pair that signs.
func (c *Credentials) Present() *KeyPair { return &KeyPair{c.Key, c.Certificate} }

// Pairs are the key pairs that decrypt: the present one first.
func (c *Credentials) Pairs() []*KeyPair {
	all := []*KeyPair{c.Present()}
	for _, p := range []*KeyPair{c.Next, c.Previous} {
		if p != nil {
			all = append(all, p)
		}
	}
	return all
}

// Published are the certificates that the provider is told of, in DER: the present one first.
func (c *Credentials) Published() [][]byte {
	all := [][]byte{c.Certificate}
	if c.Next != nil {
		all = append(all, c.Next.Certificate)
	}
	return all
}

// Steps of changing the key pair of a connection. Between the first two the provider has to read our metadata again.
const (
	KeyPublish  = "publish"  // a next key pair is made, which our metadata have too
	KeyActivate = "activate" // it signs; the one before is in the metadata no more, and decrypts still
	KeyRetire   = "retire"   // the one before decrypts no more
)

// ErrKeyStep reports a step of changing a key pair that is not the next.
var ErrKeyStep = fault.New(fault.Conflict, "connection_key_step", "That is not the next step: a key is published, then activated, and then the one before is retired.")

// States of the key pairs of a connection.
const (
	KeyActive   = "active"
	KeyNext     = "next"
	KeyPrevious = "previous"
)

// A KeyState is one of a connection's key pairs, without its private key.
type KeyState struct {
	State       string
	Fingerprint string // SHA-256 of the certificate
	NotAfter    time.Time
}

// Keys are the key pairs of a connection by SAML: the active one first. ErrSpec.
func (s *Service) Keys(ctx context.Context, c *Connection) ([]KeyState, error) {
	if c.Kind != KindSAML {
		return nil, wrong("kind", "must be saml: other connections have no key pair")
	}
	own, err := s.Vault.Open(tenant.Must(ctx).ID, c)
	if err != nil {
		return nil, err
	}
	return own.states()
}

func (c *Credentials) states() (all []KeyState, err error) {
	for _, p := range []struct {
		state string
		pair  *KeyPair
	}{{KeyActive, c.Present()}, {KeyNext, c.Next}, {KeyPrevious, c.Previous}} {
		if p.pair == nil {
			continue
		}
		certificate, err := x509.ParseCertificate(p.pair.Certificate)
		if err != nil {
			return nil, fmt.Errorf("read certificate of connection: %w", err)
		}
		all = append(all, KeyState{p.state, Fingerprint(certificate), certificate.NotAfter})
	}
	return all, nil
}

// RotateKey takes one step of changing the key pair of a connection by SAML, and returns what it has then. Of two who take a step at once,
// one does. It takes every right of the tenant. ErrNotFound, ErrSpec, ErrKeyStep, fault.ErrChanged.
func (s *Service) RotateKey(ctx context.Context, id uuid.UUID, step string) (all []KeyState, err error) {
	if err := mayDecide(ctx); err != nil {
		return nil, err
	}
	for range updateTries {
		all, err = s.rotateKey(ctx, id, step)
		if !errors.Is(err, fault.ErrChanged) {
			return all, err
		}
	}
	return nil, fmt.Errorf("change key of connection: %w", fault.ErrChanged)
}

func (s *Service) rotateKey(ctx context.Context, id uuid.UUID, step string) ([]KeyState, error) {
	c, err := s.ByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if c.Kind != KindSAML {
		return nil, wrong("kind", "must be saml: other connections have no key pair")
	}
	t := tenant.Must(ctx)
	own, err := s.Vault.Open(t.ID, &c)
	if err != nil {
		return nil, err
	}
	field, err := own.step(step)
	if err != nil {
		return nil, err
	}
	if c.Sealed, err = s.Vault.seal(t.ID, c.ID, own); err != nil {
		return nil, err
	}
	err = s.change(ctx, c.ID, func(ctx context.Context) (event.Fact, error) {
		return event.ConnectionUpdated{Fields: []string{field}}, s.Writes.SetSpec(ctx, c)
	})
	if err != nil {
		return nil, err
	}
	return own.states()
}

// step takes a step of changing the key pair, and names what is another one then. ErrKeyStep.
func (c *Credentials) step(step string) (field string, err error) {
	switch {
	case step == KeyPublish && c.Next == nil:
		made, err := newKeyPair()
		c.Next = made.Present()
		return "next_key", err
	case step == KeyActivate && c.Next != nil:
		c.Previous = c.Present()
		c.Key, c.Certificate, c.Next = c.Next.Key, c.Next.Certificate, nil
		return "key", nil
	case step == KeyRetire && c.Previous != nil:
		c.Previous = nil
		return "previous_key", nil
	}
	return "", ErrKeyStep
}
