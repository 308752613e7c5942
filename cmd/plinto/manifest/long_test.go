package manifest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plinto/cmd/plinto/manifest"
	"plinto/identity"
)

// crowd is a tenant with users and an organization of which they are members, each in a long list.
func crowd(users int) string {
	var b strings.Builder
	b.WriteString("owner: none\ntenants:\n  - slug: acme\n    name: Acme\n    roles:\n      - key: clerk\n        name: Clerk\n    users:\n")
	for i := range users {
		fmt.Fprintf(&b, "      - email: user%d@example.com\n        name: User\n", i)
		if i%1000 == 0 {
			b.WriteString("        roles: [clerk]\n")
		}
	}
	b.WriteString("    organizations:\n      - slug: crowd\n        name: Crowd\n        members:\n")
	for i := range users {
		fmt.Fprintf(&b, "          - email: user%d@example.com\n", i)
	}
	return b.String()
}

func (s *scene) count(sql string, args ...any) (n int) {
	s.t.Helper()
	if err := s.owner.QueryRow(s.t.Context(), sql, args...).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// A file with long lists is applied some at a time; what is interrupted goes on when it is applied again; the same file changes
// nothing, and what it has no more is pruned.
func TestApply_ofLongLists(t *testing.T) {
	t.Parallel()
	const users = 5200
	s := newScene(t)
	full := crowd(users)
	plan := s.plan(full, false)
	if n := plan.Count(manifest.Create); n != 2*users+3+users/1000+1 || len(plan.Changes) > 2100 || plan.Omitted == 0 {
		t.Errorf("%d to create, %d shown, %d omitted", n, len(plan.Changes), plan.Omitted)
	}
	interrupted := errors.New("interrupted")
	s.target.Tx = &interrupter{s.target.Tx, 4, interrupted}
	if _, err := plan.Apply(t.Context()); !errors.Is(err, interrupted) || !strings.Contains(err.Error(), "apply the file again") {
		t.Errorf("interrupted: %v", err)
	}
	there := s.count(`SELECT count(*) FROM users`)
	if there == 0 || there%200 != 0 || there >= users {
		t.Errorf("%d users after three transactions", there)
	}
	s.target.Tx = s.store.DB
	again := s.plan(full, false)
	if n := again.Count(manifest.Unchanged); n < there {
		t.Errorf("%d of %d users are compared as unchanged", n, there)
	}
	if _, err := again.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	for sql, want := range map[string]int{
		`SELECT count(*) FROM users`: users, `SELECT count(*) FROM memberships`: users, `SELECT count(*) FROM user_roles`: users/1000 + 1,
	} {
		if n := s.count(sql); n != want {
			t.Errorf("%s: %d, want %d", sql, n, want)
		}
	}

	before := s.rows()
	same, _ := s.apply(full, true)
	if same.Differs() || len(changes(same)) != 0 {
		t.Errorf("the same file changes %v", changes(same))
	}
	for table, rows := range s.rows() {
		if rows != before[table] {
			t.Errorf("the same file wrote to %s", table)
		}
	}

	fewer := strings.ReplaceAll(full, "      - email: user7@example.com\n        name: User\n", "")
	fewer = strings.ReplaceAll(fewer, "          - email: user7@example.com\n", "")
	fewer = strings.ReplaceAll(fewer, "          - email: user8@example.com\n", "")
	fewer = strings.Replace(fewer, "- email: user9@example.com\n        name: User\n", "- email: user9@example.com\n        name: Nine\n", 1)
	less, _ := s.apply(fewer, true)
	want := "update user acme/user9@example.com [name: \"User\" > \"Nine\"]\ndelete member acme/crowd/user7@example.com\ndelete member acme/crowd/user8@example.com\ndelete user acme/user7@example.com"
	got := changes(less)
	if len(got) != 4 || got[0] != strings.Split(want, "\n")[0] || got[3] != strings.Split(want, "\n")[3] {
		t.Errorf("what left the file:\n%s", strings.Join(got, "\n"))
	}
	if n := s.count(`SELECT count(*) FROM users`) + s.count(`SELECT count(*) FROM memberships`); n != 2*users-3 {
		t.Errorf("%d users and members are left", n)
	}
}

// Problems of long lists are found before anything is written.
func TestPlan_findsWhatIsWrongInLongLists(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for says, doc := range map[string]string{
		`there is no role "nothing" of the tenant`: strings.Replace(crowd(5200), "- email: user5100@example.com\n        name: User\n", "- email: user5100@example.com\n        roles: [nothing]\n", 1),
		`there is no user "user5199@example.com"`:  strings.Replace(crowd(5200), "      - email: user5199@example.com\n        name: User\n", "", 1),
	} {
		m, _, err := manifest.Parse("m.yaml", []byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		var problems *manifest.Problems
		if _, err := m.Plan(t.Context(), s.target, false); !errors.As(err, &problems) || len(problems.List) != 1 || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %s", err, says)
		} else if line := strings.Split(doc, "\n")[problems.List[0].Line-1]; !strings.Contains(line, "nothing") && !strings.Contains(line, "user5199") {
			t.Errorf("the problem is shown at %q", line)
		}
	}
}

// What export writes of many users is read back some at a time.
func TestExport_ofManyUsersIsApplied(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.apply("tenants: [{slug: acme, name: Acme, organizations: [{slug: crowd, name: Crowd}]}]", false)
	for _, sql := range []string{
		`INSERT INTO users (tenant_id, id, email, profile) SELECT t.id, gen_random_uuid(), 'user' || n || '@example.com', jsonb_build_object('name', repeat('n', 200))
			FROM tenants t CROSS JOIN generate_series(1, 5100) n WHERE t.slug = 'acme'`,
		`INSERT INTO user_identifiers (tenant_id, canonical, user_id, kind) SELECT tenant_id, email, id, 'email' FROM users`,
		`INSERT INTO memberships (tenant_id, organization_id, user_id) SELECT o.tenant_id, o.id, u.id FROM organizations o JOIN users u ON u.tenant_id = o.tenant_id`,
	} {
		if _, err := s.owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	written := filepath.Join(t.TempDir(), "all.yaml")
	f, err := os.Create(written)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := manifest.Export(t.Context(), s.target, f, true); err != nil {
		t.Fatal(err)
	}
	is, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := manifest.Read(written, f, is.Size())
	if err != nil {
		t.Fatal(err)
	}
	plan, err := m.Plan(t.Context(), s.target, true)
	if err != nil {
		t.Fatal(err)
	}
	if plan.Differs() || plan.Count(manifest.Unchanged) < 10200 {
		t.Errorf("applied where it comes from it changes %v; %d unchanged", changes(plan), plan.Count(manifest.Unchanged))
	}
}

// An interrupter fails the n-th transaction.
type interrupter struct {
	identity.Transactor
	n   int
	err error
}

// InTx implements identity.Transactor.
func (i *interrupter) InTx(ctx context.Context, do func(context.Context) error) error {
	if i.n--; i.n == 0 {
		return i.err
	}
	return i.Transactor.InTx(ctx, do)
}
