package clientkeys

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/internal/egress"
	"plinto/internal/jwt"
	"plinto/provider"
	"plinto/tenant"
)

// set is a key set of one key, with blanks behind it.
func keySet(blanks int) []byte {
	const key = `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"one","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`
	return append([]byte(key), bytes.Repeat([]byte(" "), blanks)...)
}

// A server answers as the test says, and counts.
type server struct {
	answer  []byte
	err     error
	fetched int
	by      egress.Owner
	wait    time.Duration // that the last caller was ready to wait
}

func (s *server) Get(ctx context.Context, by egress.Owner, _, _ string) ([]byte, error) {
	s.fetched, s.by = s.fetched+1, by
	if deadline, ok := ctx.Deadline(); ok {
		s.wait = time.Until(deadline)
	}
	return s.answer, s.err
}

func setup(s *server) (k *Keys, forward func(time.Duration), ask func() error) {
	now := time.Unix(1_700_000_000, 0)
	k = New(s, func() time.Time { return now })
	c := &provider.Client{ID: uuid.New(), ClientID: "client", Metadata: provider.Metadata{JWKSURI: "https://rp.example/jwks"}}
	ctx := tenant.With(context.Background(), &tenant.Tenant{ID: tenant.ID(uuid.New())})
	return k, func(d time.Duration) { now = now.Add(d) }, func() error {
		_, err := k.of(ctx, c, false)
		return err
	}
}

// CLI-19.
func TestFetch_boundsWhatAClientCanMakeUsRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer []byte
		good   bool
	}{
		"a set": {keySet(0), true}, "the largest": {keySet(jwt.MaxKeySetBytes - len(keySet(0))), true}, "larger": {keySet(jwt.MaxKeySetBytes), false}, "HTML": {[]byte("<html>"), false}, "nothing": {nil, false},
	} {
		s := &server{answer: c.answer}
		_, _, ask := setup(s)
		if err := ask(); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
		if s.wait <= 0 || s.wait > 3*time.Second {
			t.Errorf("%s: waits for %v", name, s.wait)
		}
		if s.by.Tenant == "" || s.by.Kind != egress.Keys || s.by.Client == "" {
			t.Errorf("%s: on behalf of %+v", name, s.by)
		}
	}
}

// CLI-18: an address that fails is left alone, and the last good set goes on.
func TestFetch_keepsTheLastGoodSetAndComesBackSeldom(t *testing.T) {
	t.Parallel()
	s := &server{answer: keySet(0)}
	_, forward, ask := setup(s)
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	s.answer, s.err = nil, errors.New("away")
	for range 10 {
		forward(freshFor / 5)
		if err := ask(); err != nil {
			t.Errorf("the set is forgotten: %v", err)
		}
	}
	if s.fetched > 12 {
		t.Errorf("fetched %d times", s.fetched)
	}
	never := &server{err: errors.New("away")}
	_, _, ask = setup(never)
	for range 5 {
		if err := ask(); !errors.Is(err, ErrNoKeys) || errors.Is(err, jwt.ErrMalformed) {
			t.Errorf("got %v", err)
		}
	}
	if never.fetched != 1 {
		t.Errorf("fetched %d times in one moment", never.fetched)
	}
}
