package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"plinto/storage/storagetest"
)

// What an operator does by the command line is in the audit log as his doing.
func TestCommands_areInTheAuditLogAsTheOperators(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	conn := storagetest.Owner(t, x.owner)
	seen := map[string]bool{}
	fresh := func() (lines []string) {
		rows, _ := conn.Query(t.Context(), `SELECT id::text, type, subject, actor_type FROM audit_log`) // the error is also in rows
		var id, kind, subject, actor string
		_, err := pgx.ForEachRow(rows, []any{&id, &kind, &subject, &actor}, func() error {
			if actor != "operator" {
				t.Errorf("%s of %s by %s", kind, subject, actor)
			}
			if !seen[id] {
				lines = append(lines, kind+" "+strings.SplitN(subject, "_", 2)[0])
			}
			seen[id] = true
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(lines)
		return lines
	}
	x.in = demoPassword + "\n"
	for _, c := range []struct {
		line string
		want []string
	}{
		{"tenant create acme", []string{"tenant.created acme"}},
		{"tenant update acme --name Acme", []string{"tenant.updated acme"}},
		{"client create web --type web --redirect-uri https://a.example/cb", []string{"client.created web"}},
		{"client update web --name Shop", []string{"client.updated web"}},
		{"client rotate-secret web", []string{"client.secret_added web"}},
		{"client rotate-secret web --now", []string{"client.secret_added web"}},
		{"client delete web --yes", []string{"client.deleted web"}},
		{"user create a@example.com --password-stdin", []string{"user.created user"}},
		{"user set-password a@example.com --password-stdin", []string{"password.changed user"}},
		{"user disable a@example.com", []string{"user.disabled user"}},
		{"user enable a@example.com", []string{"user.enabled user"}},
		{"user sign-out a@example.com", []string{"user.signed_out user"}},
		{"user delete a@example.com --yes", []string{"user.deleted user"}},
		{"keys rotate --alg ES256", []string{"key.activated"}},
		{"keys rotate --alg ES256", []string{"key.activated", "key.retired"}},
		{"tenant delete acme --yes", []string{"tenant.deleted acme"}},
	} {
		x.ok(strings.Fields(c.line)...)
		got := fresh()
		if strings.HasPrefix(c.line, "keys") { // of which the subject is random
			for i, line := range got {
				got[i], _, _ = strings.Cut(line, " ")
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("plinto %s: %s", c.line, diff)
		}
	}
}
