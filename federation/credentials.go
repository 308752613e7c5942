package federation

import (
	"crypto"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/jwt"
	"plinto/internal/secret"
	"plinto/tenant"
)

// KeyAlgorithm signs the assertions of private_key_jwt, and client secrets that are JWTs.
const KeyAlgorithm = "ES256"

// maxSecret bounds a client secret, in bytes.
const maxSecret = 2000

// ErrSecret reports a client secret that is missing, or that there is no use for.
var ErrSecret = fault.New(fault.Invalid, "invalid_connection_secret",
	"A connection by client_secret_basic or client_secret_post has the client secret that the provider gave, one by signed_client_secret the private key (PKCS #8, PEM, P-256); one by private_key_jwt has none.")

// Credentials show the provider who we are: a secret that the provider gave, or a key of ours.
type Credentials struct {
	Secret string `json:"secret,omitempty"`
	Key    []byte `json:"key,omitempty"` // PKCS #8
	// Certificate is that of Key where the provider is told it so (AuthCertificate), in DER.
	Certificate []byte `json:"certificate,omitempty"`
	// Next is the key pair that will take the place of Key and Certificate, and Previous the one that was there before; nil: there is none.
	Next     *KeyPair `json:"next,omitempty"`
	Previous *KeyPair `json:"previous,omitempty"`
}

// SendsSecretElsewhere reports whether a connection by a client secret sends it to another host than it did as before: who changes
// a connection does not learn its secret, and its next sign-in must not bring it to a host of theirs.
func (s *Spec) SendsSecretElsewhere(before *Spec) bool {
	sent := func(s *Spec) bool { return s.AuthMethod == AuthBasic || s.AuthMethod == AuthPost }
	return sent(s) && sent(before) && s.secretHost() != before.secretHost()
}

// secretHost is where the client secret is sent, or where is said where that is: the host of the token endpoint, or of the issuer.
func (s *Spec) secretHost() string {
	at := s.Issuer
	if e := s.Endpoints; e != nil && e.Token != "" {
		at = e.Token
	}
	u, err := url.Parse(at)
	if err != nil {
		return at // it was checked
	}
	return strings.ToLower(u.Host)
}

// NewCredentials returns what a way to authenticate takes: a new key for private_key_jwt. ErrSecret.
func NewCredentials(method string, given secret.String) (Credentials, error) {
	if method == AuthCertificate && given.Empty() {
		return newKeyPair()
	}
	if method != AuthPrivateKey {
		made := Credentials{Secret: given.Reveal()}
		if given.Empty() || len(given.Reveal()) > maxSecret {
			return Credentials{}, ErrSecret
		}
		if method == AuthSigned {
			if _, err := made.SecretSigner("key"); err != nil {
				return Credentials{}, ErrSecret
			}
		}
		return made, nil
	}
	if !given.Empty() {
		return Credentials{}, ErrSecret
	}
	key, err := jwt.Generate(KeyAlgorithm)
	if err != nil {
		return Credentials{}, fmt.Errorf("generate key of connection: %w", err)
	}
	der, err := jwt.MarshalPrivate(key)
	if err != nil {
		return Credentials{}, fmt.Errorf("encode key of connection: %w", err)
	}
	return Credentials{Key: der}, nil
}

// Signer signs assertions. There is none without a key.
func (c *Credentials) Signer() (*jwt.Signer, error) {
	key, kid, err := c.private()
	if err != nil {
		return nil, err
	}
	return jwt.NewSigner(KeyAlgorithm, kid, key)
}

// SecretSigner signs client secrets with a key that the provider gave, under the id that it has there.
func (c *Credentials) SecretSigner(kid string) (*jwt.Signer, error) {
	block, _ := pem.Decode([]byte(c.Secret))
	if block == nil {
		return nil, fmt.Errorf("read key of provider: %w", jwt.ErrKey)
	}
	key, err := jwt.ParsePrivate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read key of provider: %w", err)
	}
	return jwt.NewSigner(KeyAlgorithm, kid, key)
}

func (c *Credentials) private() (crypto.Signer, string, error) {
	key, err := jwt.ParsePrivate(c.Key)
	if err != nil {
		return nil, "", fmt.Errorf("read key of connection: %w", err)
	}
	kid, err := jwt.Thumbprint(key.Public())
	return key, kid, err
}

// JWKS returns the key set that the provider checks assertions with (RFC 7517 §5): without a key, an empty one.
func (c *Credentials) JWKS() ([]byte, error) {
	keys := []any{}
	if len(c.Key) > 0 && len(c.Certificate) == 0 {
		key, kid, err := c.private()
		if err != nil {
			return nil, err
		}
		keys = append(keys, jwt.PublicJWK(key.Public(), kid, KeyAlgorithm))
	}
	return json.Marshal(map[string]any{"keys": keys})
}

// A Vault seals the credentials of connections under a subkey of the root key, bound to tenant and connection: those of one
// open as no other's.
type Vault struct{ box secret.TenantKey }

// NewVault derives its key from the root key.
func NewVault(root secret.Root) Vault {
	return Vault{root.TenantKey(secret.ConnectionSecrets)}
}

func (v Vault) seal(t tenant.ID, connection uuid.UUID, c Credentials) ([]byte, error) {
	plain, err := json.Marshal(c) //nolint:gosec // it is sealed
	if err != nil {
		return nil, fmt.Errorf("encode credentials of connection: %w", err)
	}
	return v.box.Seal(t, plain, "connection", t.String(), connection.String()), nil
}

// Open returns the credentials of a connection.
func (v Vault) Open(t tenant.ID, c *Connection) (out Credentials, err error) {
	plain, err := v.box.Open(t, c.Sealed, "connection", t.String(), c.ID.String())
	if err != nil {
		return out, fmt.Errorf("open credentials of connection: %w", err)
	}
	if err := json.Unmarshal(plain, &out); err != nil {
		return out, fmt.Errorf("read credentials of connection: %w", secret.ErrSealed)
	}
	return out, nil
}

// SealName seals how the provider of a connection knows a session of its own: the name of a person among it.
func (v Vault) SealName(t tenant.ID, c *Connection, name []byte) []byte {
	return v.box.Seal(t, name, "session-name", t.String(), c.ID.String())
}

// OpenName opens what SealName sealed.
func (v Vault) OpenName(t tenant.ID, c *Connection, sealed []byte) ([]byte, error) {
	name, err := v.box.Open(t, sealed, "session-name", t.String(), c.ID.String())
	if err != nil {
		return nil, fmt.Errorf("open name of session: %w", err)
	}
	return name, nil
}
