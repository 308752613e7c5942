package provider_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"plinto/provider"
)

func TestJTI_carriesTheGrantAndIsNeverTheSame(t *testing.T) {
	t.Parallel()
	for _, grant := range []uuid.UUID{uuid.New(), uuid.Nil} {
		a, b := provider.NewJTI(grant), provider.NewJTI(grant)
		if a == b {
			t.Error("twice the same")
		}
		for _, jti := range []string{a, b} {
			if got, err := provider.GrantOfJTI(jti); err != nil || got != grant {
				t.Errorf("got %v, %v", got, err)
			}
		}
	}
}

func TestGrantOfJTI_readsOurOwnOnly(t *testing.T) {
	t.Parallel()
	for _, jti := range []string{"", "x", strings.Repeat("A", 37), strings.Repeat("A", 39), strings.Repeat("=", 38), uuid.NewString(), strings.Repeat("A", 37) + "B"} {
		if _, err := provider.GrantOfJTI(jti); !errors.Is(err, provider.ErrTokenUnknown) {
			t.Errorf("%q: %v", jti, err)
		}
	}
}
