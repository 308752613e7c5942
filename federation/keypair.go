package federation

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"time"

	"plinto/internal/jwt"
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

// RSA returns the key of a connection by AuthCertificate.
func (c *Credentials) RSA() (*rsa.PrivateKey, error) {
	key, _, err := c.private()
	if err != nil {
		return nil, err
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok || len(c.Certificate) == 0 {
		return nil, errors.New("the connection has no key pair")
	}
	return private, nil
}
