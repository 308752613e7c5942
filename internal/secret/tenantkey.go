package secret

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// What is kept of a tenant under keys of the installation, by the name of the subkey. A backup of a tenant has these keys, for
// what is hashed under them cannot be made again.
const (
	DataKeys          = "plinto/wrap/v1"
	PasswordPepper    = "plinto/password-pepper/v1"
	ClientSecrets     = "plinto/client-secret/v1"
	ReadableSecrets   = "plinto/client-secret-seal/v1"
	PairwiseSubjects  = "plinto/pairwise/v1"
	Authenticators    = "plinto/totp/v1"
	RecoveryCodes     = "plinto/recovery/v1"
	ConnectionSecrets = "plinto/connection/v1"
	WebhookSecrets    = "plinto/webhook/v1"
	AuditDetails      = "plinto/audit/v1"
	JobParts          = "plinto/job/v1"
	JobNames          = "plinto/job-names/v1"
)

var purposes = [...]string{
	DataKeys, PasswordPepper, ClientSecrets, ReadableSecrets, PairwiseSubjects, Authenticators, RecoveryCodes, ConnectionSecrets, WebhookSecrets,
	AuditDetails, JobParts, JobNames,
}

// adoptions are the tenants that came with keys of another installation, for each root key of the process.
var adoptions sync.Map // [32]byte → *adopted

// adopted has the keys of tenants that have other ones than the installation's. The map is replaced, not changed.
type adopted struct {
	mu sync.Mutex
	of atomic.Pointer[map[[16]byte]*ring]
}

// A ring has the keys of a tenant in the order of purposes; zero: the tenant came without. There may be one for each tenant of the
// installation, so it has no more than that: a cipher takes forty times as much.
type ring [len(purposes)][32]byte

type keyed struct {
	key [32]byte
	box *Box
}

func (a *adopted) find(tenant [16]byte, purpose int) (key [32]byte, ok bool) {
	of := a.of.Load()
	if of == nil {
		return key, false
	}
	keys := (*of)[tenant]
	if keys == nil {
		return key, false
	}
	key = keys[purpose]
	return key, key != [32]byte{}
}

// set replaces the keys of a tenant; nil: it has those of the installation.
func (a *adopted) set(tenant [16]byte, keys *ring) {
	var now *ring
	if of := a.of.Load(); of != nil {
		now = (*of)[tenant]
	}
	if keys == now || keys != nil && now != nil && *keys == *now {
		return // nearly always
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	next := map[[16]byte]*ring{}
	if of := a.of.Load(); of != nil {
		next = maps.Clone(*of)
	}
	delete(next, tenant)
	if keys != nil {
		next[tenant] = keys
	}
	a.of.Store(&next)
}

func (r Root) adopted() *adopted {
	if found, ok := adoptions.Load(r.key); ok {
		return found.(*adopted)
	}
	found, _ := adoptions.LoadOrStore(r.key, new(adopted))
	return found.(*adopted)
}

// A TenantKey is the key of one purpose for each tenant: a subkey of the root key, or the key that the tenant had in the
// installation that it was restored from. It is safe for concurrent use.
type TenantKey struct {
	purpose int // index among purposes
	own     keyed
	adopted *adopted
}

// TenantKey returns the key of one of the purposes above. It panics on another one: a backup would lack it.
func (r Root) TenantKey(purpose string) TenantKey {
	n := slices.Index(purposes[:], purpose)
	if n < 0 {
		panic("secret: " + purpose + " is no purpose of keys of tenants")
	}
	return TenantKey{n, newKeyed(r.Subkey(purpose)), r.adopted()}
}

func newKeyed(key [32]byte) keyed {
	box, err := NewBox(key)
	if err != nil {
		panic(err) // 32 bytes are the right length
	}
	return keyed{key, box}
}

func (k *TenantKey) of(tenant [16]byte) *Box {
	if k.adopted != nil {
		if key, ok := k.adopted.find(tenant, k.purpose); ok {
			return newKeyed(key).box
		}
	}
	return k.own.box
}

// Of returns the key of a tenant.
func (k TenantKey) Of(tenant [16]byte) [32]byte {
	if k.adopted != nil {
		if key, ok := k.adopted.find(tenant, k.purpose); ok {
			return key
		}
	}
	return k.own.key
}

// Seal is Box.Seal under the key of a tenant.
func (k TenantKey) Seal(tenant [16]byte, plaintext []byte, context ...string) []byte {
	return k.of(tenant).Seal(plaintext, context...)
}

// Open is Box.Open under the key of a tenant. ErrSealed.
func (k TenantKey) Open(tenant [16]byte, sealed []byte, context ...string) ([]byte, error) {
	return k.of(tenant).Open(sealed, context...)
}

// Keys are the keys of a tenant, of all purposes. They print as nothing.
type Keys struct{ of map[string][32]byte }

// Format implements fmt.Formatter, for every verb.
func (k Keys) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements slog.LogValuer.
func (k Keys) LogValue() slog.Value { return slog.StringValue(redacted) }

// Reveal returns the keys as ParseKeys reads them. It belongs only where it is encrypted again.
func (k Keys) Reveal() []byte {
	text := map[string][]byte{}
	for purpose, key := range k.of {
		text[purpose] = key[:]
	}
	plain, err := json.Marshal(text)
	if err != nil {
		panic(err) // strings and bytes
	}
	return plain
}

// ParseKeys reads what Reveal returned. Keys of purposes that this program does not know stay with the others. ErrSealed.
func ParseKeys(plain []byte) (Keys, error) {
	text := map[string][]byte{}
	if err := json.Unmarshal(plain, &text); err != nil {
		return Keys{}, ErrSealed
	}
	k := Keys{map[string][32]byte{}}
	for purpose, key := range text {
		if len(key) != 32 {
			return Keys{}, ErrSealed
		}
		k.of[purpose] = [32]byte(key)
	}
	return k, nil
}

// Equal reports whether two tenants have the same keys.
func (k Keys) Equal(other Keys) bool { return maps.Equal(k.of, other.of) }

// NewKeys returns random keys, for a tenant that is to have none of the installation's.
func NewKeys() Keys {
	root, _ := NewRoot()
	return root.KeysOf([16]byte{})
}

// KeysOf returns the keys of a tenant.
func (r Root) KeysOf(tenant [16]byte) Keys {
	k := Keys{map[string][32]byte{}}
	for _, purpose := range purposes {
		key := r.TenantKey(purpose)
		k.of[purpose] = key.Of(tenant)
	}
	return k
}

// keysAs is what sealed keys of a tenant are bound to, beside the tenant.
const keysAs = "plinto/tenant-keys/v1"

// SealKeys returns what is stored of the keys of a tenant: nil where they are those of the installation.
func (r Root) SealKeys(tenant [16]byte, k Keys) ([]byte, error) {
	own := true
	for purpose, key := range k.of {
		own = own && key == r.Subkey(purpose)
	}
	if own {
		return nil, nil
	}
	box, err := NewBox(r.Subkey(keysAs))
	if err != nil {
		return nil, err
	}
	return box.Seal(k.Reveal(), keysAs, string(tenant[:])), nil
}

// Adopt has every TenantKey of the root key use for a tenant what SealKeys sealed; nil: the keys of the installation. ErrSealed.
func (r Root) Adopt(tenant [16]byte, sealed []byte) error {
	if len(sealed) == 0 {
		if r != (Root{}) {
			r.adopted().set(tenant, nil)
		}
		return nil
	}
	if r == (Root{}) {
		return ErrSealed
	}
	box, err := NewBox(r.Subkey(keysAs))
	if err != nil {
		return err
	}
	plain, err := box.Open(sealed, keysAs, string(tenant[:]))
	if err != nil {
		return err
	}
	k, err := ParseKeys(plain)
	if err != nil {
		return err
	}
	keys := new(ring)
	for n, purpose := range purposes {
		keys[n] = k.of[purpose]
	}
	r.adopted().set(tenant, keys)
	return nil
}

// NewDataKey returns a random data key, wrapped under the key of a tenant for that context.
func (k TenantKey) NewDataKey(tenant [16]byte, context ...string) []byte {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails (crypto/rand)
	return k.Seal(tenant, key[:], context...)
}

// OpenDataKey unwraps a data key and returns its box. ErrSealed.
func (k TenantKey) OpenDataKey(tenant [16]byte, wrapped []byte, context ...string) (*Box, error) {
	key, err := k.Open(tenant, wrapped, context...)
	if err != nil {
		return nil, err
	}
	if len(key) != 32 {
		return nil, ErrSealed
	}
	return NewBox([32]byte(key))
}
