package audit

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"plinto/internal/secret"
	"plinto/tenant"
)

// A Detail is what identifies the person behind an event. It is kept encrypted, under a key
// of that person.
type Detail struct {
	IP        string `json:"ip,omitempty"`
	UserAgent string `json:"agent,omitempty"`
	FirstIP   string `json:"first_ip,omitempty"` // of token.reuse_detected and token.refresh_repeated
}

// SealedDetail is a detail as it is stored.
type SealedDetail struct {
	Person string
	Sealed []byte
}

// hash is what the leaf holds of a detail.
func (d *SealedDetail) hash() Hash {
	hash, _ := HashDetail(nil, []byte(d.Person), d.Sealed)
	return hash
}

// HashDetail returns what the leaf holds of a detail as it is stored, with buf as scratch
// memory.
func HashDetail(buf, person, sealed []byte) (Hash, []byte) {
	buf = append(buf[:0], person...)
	buf = append(buf, 0) // in no name of a person
	buf = append(buf, sealed...)
	return sha256.Sum256(buf), buf
}

// A PersonKey is the key of a person as it is stored.
type PersonKey struct {
	Sealed []byte // under a subkey of the root; empty: erased
}

// Erased reports whether the key was destroyed.
func (k *PersonKey) Erased() bool { return len(k.Sealed) == 0 }

// monthPrefix starts the names of keys of people who are not known.
const monthPrefix = "month:"

// PersonOf returns whose detail a row has: the user who acted, else the user it happened to,
// else whoever it was in that month (UTC): "user_…" or "month:2026-11".
func PersonOf(r *Row) string {
	if user := UserOf(r.ActorType, r.ActorID, r.Subject); user != "" {
		return user
	}
	return monthPrefix + r.OccurredAt.UTC().Format("2006-01")
}

// UserOf returns whose address and browser an event has: the user who acted, else the user it
// happened to, else "".
func UserOf(actorType, actorID, subject string) string {
	switch {
	case actorType == "user" && strings.HasPrefix(actorID, userPrefix):
		return actorID
	case strings.HasPrefix(subject, userPrefix):
		return subject
	default:
		return ""
	}
}

// userPrefix starts the public ids of users.
const userPrefix = "user_"

// ErrErased reports detail whose key was destroyed.
var ErrErased = errors.New("the personal detail was erased")

// A Vault seals and opens what of the log is encrypted, under a subkey of the root key.
type Vault struct{ box secret.TenantKey }

// NewVault returns the vault of an installation.
func NewVault(root secret.Root) (*Vault, error) {
	return &Vault{root.TenantKey(secret.AuditDetails)}, nil
}

// newPersonKey makes the key of a person.
func (v *Vault) newPersonKey(of tenant.ID, person string) PersonKey {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails (crypto/rand)
	return PersonKey{v.box.Seal(of, key[:], "audit-person", of.String(), person)}
}

// person opens the key of a person. ErrErased, secret.ErrSealed.
func (v *Vault) person(of tenant.ID, person string, k PersonKey) (*secret.Box, error) {
	if k.Erased() {
		return nil, ErrErased
	}
	key, err := v.box.Open(of, k.Sealed, "audit-person", of.String(), person)
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("open audit key of %s: %w", person, secret.ErrSealed)
	}
	return secret.NewBox([32]byte(key))
}

// sealDetail encrypts the detail of a row. plain is the JSON of a Detail.
func sealDetail(box *secret.Box, of tenant.ID, r *Row, person string, plain []byte) SealedDetail {
	return SealedDetail{Person: person, Sealed: box.Seal(plain, "audit-detail", of.String(), person, r.ID.String())}
}

// openDetail decrypts it. secret.ErrSealed.
func openDetail(box *secret.Box, of tenant.ID, r *Row, sealed SealedDetail) (d Detail, err error) {
	plain, err := box.Open(sealed.Sealed, "audit-detail", of.String(), sealed.Person, r.ID.String())
	if err != nil {
		return d, err
	}
	if err := json.Unmarshal(plain, &d); err != nil {
		return d, fmt.Errorf("read detail of audit row %s: %w", r.ID, err)
	}
	return d, nil
}
