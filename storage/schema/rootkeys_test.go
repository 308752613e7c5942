package schema

import (
	"context"
	"errors"
	"testing"

	"plinto/internal/secret"
)

var errAway = errors.New("away")

// awayKeeper is a key management service that cannot be reached.
type awayKeeper struct{}

func (awayKeeper) Name() string                                 { return "away" }
func (awayKeeper) Seal(context.Context, []byte) ([]byte, error) { return nil, errAway }
func (awayKeeper) Open(context.Context, []byte) ([]byte, error) { return nil, errAway }

// A key that cannot be asked leaves it to the others; where there is no other, it is told, and not called a wrong key.
func TestOpenRoot_asksEachKey(t *testing.T) {
	t.Parallel()
	root, _ := secret.NewRoot()
	own, _ := secret.NewRoot()
	k := secret.NewKeeper(own)
	sealed, err := root.SealedBy(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	all := []KeptRoot{{Keeper: "away", Sealed: []byte("x")}, {Keeper: k.Name(), Sealed: sealed}}
	if got, err := OpenRoot(t.Context(), all, []secret.Keeper{awayKeeper{}, k}); err != nil || got != root {
		t.Errorf("with one of two: %v", err)
	}
	if _, err := OpenRoot(t.Context(), all, []secret.Keeper{awayKeeper{}}); !errors.Is(err, errAway) {
		t.Errorf("with that one alone: %v", err)
	}
}
