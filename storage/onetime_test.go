package storage

import (
	"errors"
	"testing"
	"time"

	"plinto/identity"
)

func TestOneTimeToken_advancesOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tokens, hash := newOneTimeTokens(w.db), random()
	advance := func(from, to string) error { return tokens.Advance(w.ctx(), from, to, hash, time.Hour) }
	refused := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, identity.ErrLinkUnknown) {
			t.Errorf("%s: got %v, want ErrLinkUnknown", what, err)
		}
	}
	must(t, tokens.Issue(w.ctx(), "first", hash, nil, time.Minute))
	refused("from another purpose", advance("elsewhere", "second"))
	refused("in another tenant", tokens.Advance(w.other(), "first", "second", hash, time.Hour))
	refused("an unknown token", tokens.Advance(w.ctx(), "first", "second", random(), time.Hour))
	must(t, advance("first", "second"))
	if _, err := tokens.Spend(w.ctx(), "first", hash); err == nil {
		t.Error("spent for the purpose that it had")
	}
	// Forms are posted twice: it may be advanced again, and is good no longer for that.
	w.sql(`UPDATE one_time_tokens SET expires_at = now() + interval '10 seconds' WHERE hash = $1`, hash)
	must(t, advance("first", "second"))
	w.sql(`UPDATE one_time_tokens SET expires_at = expires_at - interval '11 seconds' WHERE hash = $1`, hash)
	refused("one that ran out is good for longer", advance("first", "second"))
	w.sql(`UPDATE one_time_tokens SET expires_at = now() + interval '1 minute' WHERE hash = $1`, hash)
	if _, err := tokens.Spend(w.ctx(), "second", hash); err != nil {
		t.Errorf("spent for the purpose that it has: %v", err)
	}
	refused("a spent one", advance("first", "second"))
}
