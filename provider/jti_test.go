package provider_test

import (
	"errors"
	"strings"
	"testing"
	"time"

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

func TestClientJTI_carriesTheMarkOfItsClient(t *testing.T) {
	t.Parallel()
	c := &provider.Client{ID: uuid.New(), ClientID: "job"}
	jti := provider.NewClientJTI(c)
	if again := provider.NewClientJTI(c); again == jti {
		t.Error("twice the same")
	}
	if grant, err := provider.GrantOfJTI(jti); err != nil || grant != uuid.Nil {
		t.Errorf("got %v, %v", grant, err)
	}
	if !c.Marked(jti) || c.Marked("") || c.Marked(provider.NewJTI(uuid.New())) {
		t.Error("want the client's own jti marked, and no other")
	}
	namesake, moved := *c, *c
	namesake.ID, moved.NotBefore = uuid.New(), time.Now()
	if namesake.Marked(jti) || moved.Marked(jti) {
		t.Error("marked for a namesake, or after the mark moved")
	}
}
