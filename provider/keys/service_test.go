package keys

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/jwt"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/tenant"
)

// stored is provider.Keys for one tenant, with the rules of its contract.
type stored struct {
	mu      sync.Mutex
	keys    []provider.SigningKey
	wrapped []byte
	down    bool
	reads   int
	told    []string // type and subject of each event
	now     func() time.Time
}

var errDown = errors.New("database down")

func (m *stored) All(context.Context) ([]provider.SigningKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return nil, errDown
	}
	m.reads++
	return append([]provider.SigningKey(nil), m.keys...), nil
}

func (m *stored) Create(_ context.Context, k provider.SigningKey) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if find(m.keys, k.Alg, k.State) != nil {
		return false, nil
	}
	m.keys = append(m.keys, k)
	return true, nil
}

func (m *stored) Activate(_ context.Context, alg, kid string, goneAt time.Time) (moved provider.MovedKeys, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := find(m.keys, alg, provider.KeyNext)
	if kid != "" && (next == nil || next.KID != kid) {
		return moved, nil
	}
	if k := find(m.keys, alg, provider.KeyActive); k != nil {
		k.State, k.GoneAt = provider.KeyRetiring, goneAt
		moved.Retired = []string{k.KID}
	}
	if next != nil {
		next.State = provider.KeyActive
		moved.Active = []string{next.KID}
	}
	return moved, nil
}

// InTx makes stored a transaction that never fails.
func (*stored) InTx(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }

// Append makes stored an outbox.
func (m *stored) Append(_ context.Context, events ...event.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range events {
		m.told = append(m.told, string(e.Type())+" "+e.Subject)
	}
	return nil
}

func (m *stored) Drop(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys = slices.DeleteFunc(m.keys, func(k provider.SigningKey) bool { return k.Gone(m.now().Add(-provider.RememberGone)) })
	for i := range m.keys {
		if m.keys[i].Gone(m.now()) {
			m.keys[i].Sealed = nil
		}
	}
	return nil
}

func (m *stored) DataKey(_ context.Context, fresh []byte) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.wrapped == nil {
		m.wrapped = fresh
	}
	return m.wrapped, nil
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func setup(t *testing.T) (context.Context, *Service, *stored, *clock) {
	t.Helper()
	root, _ := secret.NewRoot()
	keys, c := &stored{}, &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	keys.now = c.Now
	ctx := tenant.With(t.Context(), &tenant.Tenant{ID: tenant.ID(uuid.New()), Slug: "a"})
	return ctx, &Service{Keys: keys, Outbox: keys, Tx: keys, Root: root, Now: c.Now}, keys, c
}

func kid(t *testing.T, token string) string {
	t.Helper()
	_, h, err := jwt.Peek(token)
	if err != nil {
		t.Fatal(err)
	}
	return h.KeyID
}

func sign(ctx context.Context, t *testing.T, s *Service) string {
	t.Helper()
	token, err := s.Sign(ctx, "ES256", "", []byte(`{"sub":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func published(ctx context.Context, t *testing.T, s *Service) string {
	t.Helper()
	w := httptest.NewRecorder()
	if err := s.ServeJWKS(w, httptest.NewRequestWithContext(ctx, "GET", "/", nil)); err != nil {
		t.Fatal(err)
	}
	return w.Body.String()
}

func TestSign_makesOneKeyHoweverManyAskAtOnce(t *testing.T) {
	t.Parallel()
	ctx, s, keys, _ := setup(t)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := s.Sign(ctx, "ES256", "", []byte(`{}`)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(keys.keys) != 1 {
		t.Errorf("%d keys", len(keys.keys))
	}
}

func TestSign_readsNothingWhenWarm(t *testing.T) {
	t.Parallel()
	ctx, s, keys, _ := setup(t)
	sign(ctx, t, s)
	before := keys.reads
	for range 10 {
		sign(ctx, t, s)
	}
	if keys.reads != before {
		t.Errorf("%d reads", keys.reads-before)
	}
}

func TestJWKS_holdsPublicKeysOnly(t *testing.T) {
	t.Parallel()
	ctx, s, _, _ := setup(t)
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal([]byte(published(ctx, t, s)), &set); err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != 2 {
		t.Fatalf("%d keys, want one of RS256 and one of ES256", len(set.Keys))
	}
	for _, k := range set.Keys {
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
			if _, ok := k[private]; ok {
				t.Errorf("private member %q published", private)
			}
		}
		if k["kid"] == "" || k["use"] != "sig" || k["alg"] == "" {
			t.Errorf("key %v", k)
		}
	}
}

func TestRotate_signsWithTheNewKeyAtOnceAndStillVerifiesTheOld(t *testing.T) {
	t.Parallel()
	ctx, s, _, _ := setup(t)
	old := sign(ctx, t, s)
	if err := s.Rotate(ctx, "ES256"); err != nil {
		t.Fatal(err)
	}
	fresh := sign(ctx, t, s)
	if kid(t, old) == kid(t, fresh) {
		t.Fatal("still the old key")
	}
	jwks := published(ctx, t, s)
	if !strings.Contains(jwks, kid(t, old)) || !strings.Contains(jwks, kid(t, fresh)) {
		t.Error("a key is missing in the JWKS")
	}
	if _, err := s.Verify(ctx, old, ""); err != nil {
		t.Errorf("the old token: %v", err)
	}
}

func TestKeys_arePublishedADayBeforeTheySignAndUntilTheLastTokenExpired(t *testing.T) {
	t.Parallel()
	ctx, s, keys, c := setup(t)
	first := kid(t, sign(ctx, t, s))
	c.advance(activeFor - publishAhead + time.Minute)
	if got := kid(t, sign(ctx, t, s)); got != first {
		t.Fatal("signs with a key that was not published before")
	}
	next := find(keys.keys, "ES256", provider.KeyNext)
	if next == nil || !strings.Contains(published(ctx, t, s), next.KID) {
		t.Fatal("the next key is not published a day ahead")
	}
	second := next.KID
	c.advance(publishAhead + time.Minute)
	if got := kid(t, sign(ctx, t, s)); got != second {
		t.Fatalf("signs with %s, want the published next key %s", got, second)
	}
	if !strings.Contains(published(ctx, t, s), first) {
		t.Error("the retiring key left too early")
	}
	c.advance(retireFor + time.Minute)
	if strings.Contains(published(ctx, t, s), first) {
		t.Error("the retired key is still published")
	}
	rsa := find(keys.keys, "RS256", provider.KeyActive).KID // made with the first JWKS
	want := []string{"key.created " + first, "key.created " + second, "key.created " + rsa, "key.retired " + first, "key.activated " + second}
	if diff := cmp.Diff(want, keys.told); diff != "" {
		t.Errorf("events: %s", diff)
	}
}

// A client may hold an ID token as a hint for longer than its key is published.
func TestVerifyPast_knowsKeysThatAreGone(t *testing.T) {
	t.Parallel()
	ctx, s, keys, c := setup(t)
	hint := sign(ctx, t, s)
	if err := s.Rotate(ctx, "ES256"); err != nil {
		t.Fatal(err)
	}
	c.advance(retireFor + time.Minute)
	if _, err := s.VerifyPast(ctx, hint); err != nil {
		t.Errorf("a hint of a key that is gone: %v", err)
	}
	if _, err := s.Verify(ctx, hint, ""); !errors.Is(err, jwt.ErrUnknownKey) {
		t.Errorf("anything else of it: %v", err)
	}
	if strings.Contains(published(ctx, t, s), kid(t, hint)) {
		t.Error("it is published")
	}
	if gone := find(keys.keys, "ES256", provider.KeyRetiring); gone == nil || len(gone.Sealed) != 0 {
		t.Errorf("its private half is kept: %+v", gone)
	}
	reads := keys.reads
	published(ctx, t, s)
	sign(ctx, t, s)
	if keys.reads != reads {
		t.Error("a key that is gone makes every request read the keys")
	}
	c.advance(provider.RememberGone)
	if _, err := s.VerifyPast(ctx, hint); !errors.Is(err, jwt.ErrUnknownKey) || find(keys.keys, "ES256", provider.KeyRetiring) != nil {
		t.Errorf("it is remembered for ever: %v", err)
	}
}

func TestSign_goesOnWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	ctx, s, keys, c := setup(t)
	published(ctx, t, s)
	sign(ctx, t, s)
	keys.mu.Lock()
	keys.down = true
	keys.mu.Unlock()
	c.advance(time.Hour)
	sign(ctx, t, s)
	if !strings.Contains(published(ctx, t, s), "kid") {
		t.Error("no JWKS while the database is away")
	}
}

// An announcement of a change may be the last that is heard before the database
// goes away.
func TestSign_goesOnWhenTheKeysChangedAndTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	for what, drop := range map[string]func(*Service, tenant.ID){
		"one tenant": (*Service).Drop,
		"all":        func(s *Service, _ tenant.ID) { s.DropAll() },
	} {
		ctx, s, keys, _ := setup(t)
		want := published(ctx, t, s)
		reads := keys.reads
		drop(s, tenant.Must(ctx).ID)
		if published(ctx, t, s); keys.reads == reads {
			t.Errorf("%s: the keys were not read again after they changed", what)
		}
		drop(s, tenant.Must(ctx).ID)
		keys.mu.Lock()
		keys.down = true
		keys.mu.Unlock()
		sign(ctx, t, s)
		if got := published(ctx, t, s); got != want {
			t.Errorf("%s: JWKS %s, want %s", what, got, want)
		}
	}
}

func TestVerify_refusesAnotherTenantsToken(t *testing.T) {
	t.Parallel()
	ctx, s, own, _ := setup(t)
	other := &tenant.Tenant{ID: tenant.ID(uuid.New()), Slug: "b"}
	both := byTenant{tenant.Must(ctx).ID: own, other.ID: &stored{}}
	s.Keys, s.Outbox, s.Tx = both, both, both
	mine := sign(ctx, t, s)
	foreign := sign(tenant.With(t.Context(), other), t, s)
	if kid(t, mine) == kid(t, foreign) {
		t.Error("two tenants sign with one key") // KEY-07
	}
	if _, err := s.Verify(ctx, mine, ""); err != nil {
		t.Errorf("control: %v", err)
	}
	if _, err := s.Verify(ctx, foreign, ""); err == nil {
		t.Error("a foreign token verifies")
	}
}

// byTenant keeps keys as a database does: those of the context's tenant.
type byTenant map[tenant.ID]*stored

func (b byTenant) of(ctx context.Context) *stored { return b[tenant.Must(ctx).ID] }

func (b byTenant) All(ctx context.Context) ([]provider.SigningKey, error) { return b.of(ctx).All(ctx) }

func (b byTenant) Drop(ctx context.Context) error { return b.of(ctx).Drop(ctx) }

func (b byTenant) Create(ctx context.Context, k provider.SigningKey) (bool, error) {
	return b.of(ctx).Create(ctx, k)
}

func (b byTenant) Activate(ctx context.Context, alg, kid string, goneAt time.Time) (provider.MovedKeys, error) {
	return b.of(ctx).Activate(ctx, alg, kid, goneAt)
}

func (b byTenant) InTx(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }

func (b byTenant) Append(ctx context.Context, events ...event.Event) error {
	return b.of(ctx).Append(ctx, events...)
}

func (b byTenant) DataKey(ctx context.Context, fresh []byte) ([]byte, error) {
	return b.of(ctx).DataKey(ctx, fresh)
}

func TestSealedKeys_openOnlyUnderTheirRoot(t *testing.T) {
	t.Parallel()
	ctx, s, keys, _ := setup(t)
	sign(ctx, t, s)
	root, _ := secret.NewRoot()
	thief := &Service{Keys: keys, Outbox: keys, Tx: keys, Root: root, Now: s.Now}
	if _, err := thief.Sign(ctx, "ES256", "", []byte(`{}`)); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("Sign under another root key = %v, want ErrSealed", err)
	}
}

// While announcements may be missing, another instance's rotation shows a second later.
func TestKeys_areReadAgainWhileChangesAreNotHeard(t *testing.T) {
	t.Parallel()
	ctx, s, keys, c := setup(t)
	announced := true
	s.Announced = func(context.Context) bool { return announced }
	first := kid(t, sign(ctx, t, s))
	elsewhere := &Service{Keys: keys, Outbox: keys, Tx: keys, Root: s.Root, Now: c.Now}
	if err := elsewhere.Rotate(ctx, "ES256"); err != nil {
		t.Fatal(err)
	}
	c.advance(unannouncedAge)
	if got := kid(t, sign(ctx, t, s)); got != first {
		t.Error("read again although changes are heard")
	}
	announced = false
	if got := kid(t, sign(ctx, t, s)); got == first {
		t.Error("signs with the old key a second after the rotation")
	}
	reads := keys.reads
	sign(ctx, t, s)
	if keys.reads != reads {
		t.Error("read twice within a second")
	}
}
