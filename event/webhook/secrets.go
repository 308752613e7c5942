package webhook

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/tenant"
)

// Prefixes of secrets and public keys (Standard Webhooks).
const (
	SecretPrefix    = "whsec_"
	PublicKeyPrefix = "whpk_"
)

// Lengths of a secret in bytes (Standard Webhooks).
const (
	secretLen    = 32
	minSecretLen = 24
	maxSecretLen = 64
)

// ErrSecret reports a text that is no secret of an endpoint.
var ErrSecret = fault.New(fault.Invalid, "invalid_webhook_secret",
	"The secret of a webhook endpoint is whsec_ and 24 to 64 bytes in base64.")

// Secrets sign what is sent to an endpoint: HMAC-SHA256 with Secret (v1), Ed25519 with Key (v1a).
type Secrets struct {
	Secret []byte             `json:"secret"`
	Key    ed25519.PrivateKey `json:"key"`
}

// NewSecrets returns random secrets, with the secret that somebody chose if there is one.
// ErrSecret.
func NewSecrets(chosen secret.String) (Secrets, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Secrets{}, fmt.Errorf("generate key: %w", err)
	}
	s := Secrets{Key: key, Secret: make([]byte, secretLen)}
	if chosen.Empty() {
		_, _ = rand.Read(s.Secret) // never fails (crypto/rand)
		return s, nil
	}
	encoded, prefixed := strings.CutPrefix(chosen.Reveal(), SecretPrefix)
	if s.Secret, err = base64.StdEncoding.DecodeString(encoded); err != nil || !prefixed || len(s.Secret) < minSecretLen || len(s.Secret) > maxSecretLen {
		return Secrets{}, ErrSecret
	}
	return s, nil
}

// Text returns the secret as receivers configure it.
func (s *Secrets) Text() secret.String {
	return secret.NewString(SecretPrefix + base64.StdEncoding.EncodeToString(s.Secret))
}

// PublicKey returns the public key as receivers configure it.
func (s *Secrets) PublicKey() string {
	return PublicKeyPrefix + base64.StdEncoding.EncodeToString(s.Key.Public().(ed25519.PublicKey))
}

// signatures returns a v1 and a v1a signature of what is sent, separated by a blank. The time
// is part of what is signed, so that a receiver can refuse what is old.
func (s *Secrets) signatures(id string, at time.Time, payload []byte) string {
	content := signedContent(id, at, payload)
	mac := hmac.New(sha256.New, s.Secret)
	mac.Write(content)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)) + " v1a," + base64.StdEncoding.EncodeToString(ed25519.Sign(s.Key, content))
}

// signedContent is the signed content of Standard Webhooks: id.timestamp.payload.
func signedContent(id string, at time.Time, payload []byte) []byte {
	return append([]byte(id+"."+strconv.FormatInt(at.Unix(), 10)+"."), payload...)
}

// A Vault seals the secrets of endpoints under a subkey of the root key, bound to tenant and
// endpoint: those of one endpoint open as no other's.
type Vault struct{ box secret.TenantKey }

// NewVault derives its key from the root key.
func NewVault(root secret.Root) Vault {
	return Vault{root.TenantKey(secret.WebhookSecrets)}
}

func (v Vault) seal(t tenant.ID, endpoint uuid.UUID, s Secrets) ([]byte, error) {
	plain, err := json.Marshal(s) //nolint:gosec // it is sealed
	if err != nil {
		return nil, fmt.Errorf("encode webhook secrets: %w", err)
	}
	return v.box.Seal(t, plain, "webhook", t.String(), endpoint.String()), nil
}

func (v Vault) open(t tenant.ID, endpoint uuid.UUID, sealed []byte) (s Secrets, err error) {
	plain, err := v.box.Open(t, sealed, "webhook", t.String(), endpoint.String())
	if err != nil {
		return s, fmt.Errorf("open webhook secrets: %w", err)
	}
	if err := json.Unmarshal(plain, &s); err != nil || len(s.Key) != ed25519.PrivateKeySize {
		return s, fmt.Errorf("read webhook secrets: %w", secret.ErrSealed)
	}
	return s, nil
}

// PublicKeys returns the public keys of what is sent to an endpoint, the newest first.
func (s *Service) PublicKeys(ctx context.Context, e *Endpoint) ([]string, error) {
	live, err := s.Vault.Live(tenant.Must(ctx).ID, e, s.Now())
	var keys []string
	for i := range live {
		keys = append(keys, live[i].PublicKey())
	}
	return keys, err
}

// Live returns the secrets that sign at now, the newest first.
func (v Vault) Live(t tenant.ID, e *Endpoint, now time.Time) ([]Secrets, error) {
	newest, err := v.open(t, e.ID, e.Sealed)
	if err != nil {
		return nil, err
	}
	live := []Secrets{newest}
	if len(e.PreviousSealed) > 0 && now.Before(e.PreviousUntil) {
		previous, err := v.open(t, e.ID, e.PreviousSealed)
		if err != nil {
			return nil, err
		}
		live = append(live, previous)
	}
	return live, nil
}
