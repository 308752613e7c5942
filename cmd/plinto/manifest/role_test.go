package manifest_test

import (
	"slices"
	"strings"
	"testing"
)

const roles = `
tenants:
  - slug: acme
    roles:
      - {key: lead, includes: [helpdesk]}
      - {key: helpdesk, permissions: ["users:read"]}
    users:
      - {email: "a@example.com", roles: [lead]}
      - {email: "b@example.com"}
`

func TestRoles_areCreatedChangedAndPruned(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	plan, _ := s.apply(roles, false)
	if got := changes(plan); !slices.ContainsFunc(got, func(c string) bool { return strings.Contains(c, "create roles of user acme/a@example.com") }) {
		t.Errorf("the first time: %v", got)
	}
	for _, c := range []struct {
		name, text string
		prune      bool
		want       int
	}{
		{"the same", roles, true, 0},
		{"no list", strings.Replace(roles, ", roles: [lead]", "", 1), true, 0},
		{"other permissions", strings.Replace(roles, `["users:read"]`, `["users:read", "audit:read"]`, 1), false, 1},
		{"back", roles, false, 1},
		{"the other way round", strings.NewReplacer("lead, includes: [helpdesk]", "lead", "helpdesk, permissions", "helpdesk, includes: [lead], permissions").Replace(roles), false, 2},
		{"back again", roles, false, 2},
		{"none of one user", strings.Replace(roles, "roles: [lead]", "roles: []", 1), false, 1},
		{"one role fewer, kept", strings.NewReplacer("      - {key: lead, includes: [helpdesk]}\n", "", ", roles: [lead]", "").Replace(roles), false, 1}, // it is given up
		{"one role fewer, pruned", strings.NewReplacer("      - {key: lead, includes: [helpdesk]}\n", "", ", roles: [lead]", "").Replace(roles), true, 1},
	} {
		plan, _ := s.apply(c.text, c.prune)
		if got := changes(plan); len(got) != c.want {
			t.Errorf("%s: changed %v, want %d", c.name, got, c.want)
		}
	}
}
