package keys

import (
	"errors"
	"strings"
	"testing"

	"plinto/provider"
)

// KEY-13: a key that cannot be read any more signs nothing, and that is all: what the others sign, what was signed and what is
// published goes on. A failure of the database is none of a key.
func TestKeys_oneThatCannotBeReadLeavesTheOthersToBe_KEY_13(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(*stored, *provider.SigningKey){
		"the private half": func(_ *stored, k *provider.SigningKey) { k.Sealed = []byte("damaged") },
		"the public half":  func(_ *stored, k *provider.SigningKey) { k.Public = []byte("damaged") },
		"the data key":     func(m *stored, _ *provider.SigningKey) { m.wrapped = []byte("damaged") },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, s, keys, c := setup(t)
			es := sign(ctx, t, s)
			rs, err := s.Sign(ctx, "RS256", "", []byte(`{"sub":"x"}`))
			if err != nil {
				t.Fatal(err)
			}
			damage(keys, find(keys.keys, "ES256", provider.KeyActive))
			again := &Service{Keys: keys, Outbox: keys, Tx: keys, Root: s.Root, Now: c.Now} // a process that opened nothing yet
			for range 2 {                                                                   // also from memory
				if _, err := again.Sign(ctx, "ES256", "", []byte(`{}`)); !errors.Is(err, provider.ErrKeyUnreadable) {
					t.Errorf("%s: signed: %v", name, err)
				}
			}
			if err := again.Ready(ctx); !errors.Is(err, provider.ErrKeyUnreadable) {
				t.Errorf("%s: ready: %v", name, err)
			}
			if _, err := again.Verify(ctx, rs, ""); err != nil {
				t.Errorf("%s: what another key signed: %v", name, err)
			}
			if _, err := again.Verify(ctx, es, ""); (err == nil) != (name != "the public half") {
				t.Errorf("%s: what the key signed: %v", name, err)
			}
			if _, err := again.Sign(ctx, "RS256", "", []byte(`{}`)); (err == nil) != (name != "the data key") {
				t.Errorf("%s: another key signs: %v", name, err)
			}
			if jwks := published(ctx, t, again); !strings.Contains(jwks, kid(t, rs)) || strings.Contains(jwks, kid(t, es)) != (name != "the public half") {
				t.Errorf("%s: published is %s", name, jwks)
			}
			if _, err := again.Sign(ctx, "PS256", "", []byte(`{}`)); (err == nil) != (name != "the data key") {
				t.Errorf("%s: a new key: %v", name, err)
			}
		})
	}
	ctx, s, keys, _ := setup(t)
	keys.down = true
	if _, err := s.Sign(ctx, "ES256", "", []byte(`{}`)); !errors.Is(err, errDown) || errors.Is(err, provider.ErrKeyUnreadable) {
		t.Errorf("without a database: %v", err)
	}
}
