package owner_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"plinto/internal/fault"
	"plinto/internal/owner"
)

func TestDecide_letsOnlyTheOwnerAndWhoForcesChange(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for name, c := range map[string]struct {
		ctx     context.Context
		has     string
		becomes string
		refused bool
	}{
		"anybody, of nobody":             {ctx, "", "", false},
		"anybody":                        {ctx, "acme", "", true},
		"anybody, by force":              {owner.Force(ctx), "acme", "acme", false},
		"a manifest, of nobody":          {owner.Declare(ctx, "acme"), "", "acme", false},
		"its own manifest":               {owner.Declare(ctx, "acme"), "acme", "acme", false},
		"another manifest":               {owner.Declare(ctx, "other"), "acme", "", true},
		"another manifest, by force":     {owner.Force(owner.Declare(ctx, "other")), "acme", "other", false},
		"force, then another manifest":   {owner.Declare(owner.Force(ctx), "other"), "acme", "other", false},
		"a manifest that owns nothing":   {owner.Declare(ctx, ""), "acme", "", true},
		"released by its own manifest":   {owner.Release(ctx, "acme"), "acme", "", false},
		"released by another manifest":   {owner.Release(ctx, "other"), "acme", "", true},
		"a manifest of nothing, of none": {owner.Declare(ctx, ""), "", "", false},
	} {
		becomes, err := owner.Decide(c.ctx, c.has)
		if becomes != c.becomes || errors.Is(err, owner.ErrOwned) != c.refused {
			t.Errorf("%s: got %q, %v", name, becomes, err)
		}
		if f, is := fault.As(err); is && !strings.Contains(f.Fields[0].Message, c.has) {
			t.Errorf("%s: %v does not name the owner", name, f.Fields)
		}
	}
}
