package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plinto/identity/bulk"
	"plinto/internal/keyset"
	"plinto/storage/storagetest"
)

// file writes lines into a file and returns its name.
func (x *terminal) file(lines ...string) string {
	x.t.Helper()
	name := filepath.Join(x.t.TempDir(), "users.ndjson")
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		x.t.Fatal(err)
	}
	return name
}

// imported runs an import and returns what became of each line.
func (x *terminal) imported(args ...string) (all []bulk.Outcome) {
	x.t.Helper()
	stdout, stderr, code := x.run(append([]string{"import"}, args...)...)
	if code != exitOK && !strings.Contains(stderr, "some lines were refused") {
		x.t.Fatalf("import: %d %s", code, stderr)
	}
	for line := range strings.Lines(stdout) {
		var o bulk.Outcome
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			x.t.Fatalf("%v: %s", err, line)
		}
		all = append(all, o)
	}
	return all
}

// became words outcomes: "created", or why a line was refused.
func became(all []bulk.Outcome) string {
	words := make([]string, len(all))
	for i, o := range all {
		if words[i] = o.Status; o.Code != "" {
			words[i] = o.Code
		}
	}
	return strings.Join(words, " ")
}

// each reports whether one thing became of all lines.
func each(all []bulk.Outcome, what string) bool {
	return became(all) == strings.TrimSuffix(strings.Repeat(what+" ", len(all)), " ")
}

const bcryptOfSecret = "$2a$04$5lNTkcrRDwCbXWPhiBZ2EuCXw7L1LbjbpDSGJX2kQBhJLMwIuWdpy"

func TestImport_obeysTheRulesOfASingleUser(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.ok("user", "create", "taken@example.com")
	name := x.file(
		`{"external_id": "1", "email": "Ann@Example.com", "email_verified": true, "profile": {"name": "Ann", "address": {"locality": "Köln"}}, "private_metadata": {"plan": "pro"}, "created_at": "2020-02-03T04:05:06Z"}`,
		`{"email": "taken@example.com"}`,
		``,
		`{"email": "ann@EXAMPLE.com"}`,
		`{"username": "a b"}`, `{"username": "x@y"}`, `{"email": "no address"}`, `{}`,
		`{"email": "x@example.com", "email": "y@example.com"}`, `{"email": "z@example.com", "nickname": "z"}`, `not JSON`,
		`{"email": "h@example.com", "password_hash": "$md5$abc"}`, `{"email": "o@example.com", "totp": [{"secret": "AAAA"}]}`,
		`{"username": "`+strings.Repeat("x", 70<<10)+`"}`, `{"username": "last", "blocked": true, "password_hash": "`+bcryptOfSecret+`"}`,
		`{"external_id": "1", "username": "again"}`,
	)
	want := "created email_taken email_taken invalid_username invalid_username invalid_email identifier_missing malformed_json invalid_body malformed_json " +
		"unknown_password_hash invalid_totp_secret row_too_long created updated"
	if got := strings.ReplaceAll(became(x.imported("--dry-run", name)), "given_twice", "email_taken"); got != want {
		t.Errorf("a dry run says\n     %s\nwant %s", got, want)
	}
	var users []userRow
	if x.into(&users, "user", "list", "-o", "json"); len(users) != 1 {
		t.Errorf("after a dry run there are %d users", len(users))
	}
	got := x.imported(name)
	if became(got) != want {
		t.Errorf("got  %s\nwant %s", became(got), want)
	}
	if got[7].Errors != nil || got[8].Errors[0].Pointer != "/nickname" {
		t.Errorf("got %+v", got[8])
	}
	var ann userRow
	if x.into(&ann, "user", "show", got[0].ID, "-o", "json"); ann.Email != "Ann@Example.com" || ann.Username != "again" || ann.Address.Locality != "Köln" || ann.CreatedAt != "2020-02-03T04:05:06Z" {
		t.Errorf("imported %+v", ann)
	}
	var last userRow
	if x.into(&last, "user", "show", "last", "-o", "json"); last.State != "disabled" {
		t.Errorf("imported %+v", last)
	}
}

func TestImport_changesWhoHasTheExternalID(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	one := `{"external_id": "1", "email": "ann@example.com", "profile": {"name": "Ann", "nickname": "A"}, "password_hash": "` + bcryptOfSecret + `"}`
	first := x.imported(x.file(one))
	if got := x.imported(x.file(one)); became(got) != "unchanged" || got[0].ID != first[0].ID {
		t.Errorf("the same again: %+v", got)
	}
	if got := x.imported(x.file(`{"external_id": "1", "profile": {"name": "Ann B"}, "blocked": true}`)); became(got) != "updated" {
		t.Errorf("got %+v", got)
	}
	var ann userRow
	if x.into(&ann, "user", "show", first[0].ID, "-o", "json"); ann.Name != "Ann B" || ann.Nickname != "A" || ann.State != "disabled" || ann.Email != "ann@example.com" {
		t.Errorf("changed to %+v", ann)
	}
	// A password that the user has is kept: they may have changed it since.
	x.imported(x.file(`{"external_id": "1", "password_hash": "` + strings.Replace(bcryptOfSecret, "5lNT", "6lNT", 1) + `"}`))
	if got := x.ok("user", "export", "--with-passwords"); !strings.Contains(got, bcryptOfSecret) {
		t.Errorf("exported %s", got)
	}
}

// BLK-05: what is exported makes the same users again.
func TestExport_isWhatAnImportTakes(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "from")
	x.ok("tenant", "create", "to")
	var lines []string
	for i := range 1203 { // more than a page and a step
		lines = append(lines, fmt.Sprintf(`{"external_id": "e%d", "username": "user%d", "email": "u%d@example.com", "email_verified": true, "phone_number": "+4930123456", "profile": {"name": "<U> %d"}, "public_metadata": {"n": %d}}`, i, i, i, i, i))
	}
	lines[7] = `{"username": "locked", "blocked": true, "require_password_change": true, "password_hash": "` + bcryptOfSecret + `"}`
	x.imported("--tenant", "from", x.file(lines...))
	exported := x.ok("user", "export", "--tenant", "from", "--with-passwords")
	if got := x.imported("--tenant", "to", x.file(exported)); len(got) != len(lines) || !each(got, "created") {
		t.Errorf("imported %s", became(got))
	}
	again := x.ok("user", "export", "--tenant", "to", "--with-passwords")
	if a, b := exportedUsers(t, exported), exportedUsers(t, again); !slices.Equal(a, b) {
		t.Errorf("%d users became %d others", len(a), len(b))
	}
	if plain := x.ok("user", "export", "--tenant", "from"); strings.Contains(plain, "password_hash") || strings.Count(plain, "\n") != len(lines) {
		t.Error("without passwords there are hashes, or users are missing")
	}
	var log []struct{ Type string }
	x.into(&log, "audit", "list", "--tenant", "from", "--type", "users.exported", "-o", "json")
	if len(log) != 2 {
		t.Errorf("%d exports are in the audit log, want 2", len(log))
	}
}

// exportedUsers are exported users without their ids, sorted.
func exportedUsers(t *testing.T, exported string) (all []string) {
	t.Helper()
	for line := range strings.Lines(exported) {
		var u map[string]any
		if err := json.Unmarshal([]byte(line), &u); err != nil {
			t.Fatal(err)
		}
		delete(u, "id")
		text, err := json.Marshal(u)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	slices.Sort(all)
	return all
}

// realm is an export of Keycloak 26.4; beside it is how it was made.
const realm = "testdata/keycloak/realm.json"

func TestImportKeycloak_takesUsersAndSaysWhatItLeaves(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	notes := map[string]string{}
	for _, o := range x.imported("--from", "keycloak", realm) {
		for _, n := range o.Notes {
			notes[o.ExternalID] += n.Code + " " + n.Detail + "; "
		}
		if o.Status != "created" && o.Code != "unknown_password_hash" {
			t.Errorf("%+v", o)
		}
	}
	text, err := os.ReadFile(realm)
	if err != nil {
		t.Fatal(err)
	}
	var ids struct {
		Users []struct{ ID, Username string }
	}
	if err := json.Unmarshal(text, &ids); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, u := range ids.Users {
		if notes[u.ID] != "" {
			got[u.Username] = strings.TrimSuffix(notes[u.ID], "; ")
		}
	}
	want := map[string]string{
		"maria": "group_not_taken /berlin; group_not_taken /paris", "nina": "role_not_taken staff; role_not_taken auditor",
		"otto": "identity_not_taken corp corp-77", "sven": "authenticator_not_taken totp HmacSHA256 with 8 digits for 30 seconds",
		"ulf": "required_action_not_taken CONFIGURE_TOTP; required_action_not_taken VERIFY_EMAIL",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	var leo, ines userRow
	x.into(&leo, "user", "show", "leo", "-o", "json")
	x.into(&ines, "user", "show", "ines", "-o", "json")
	if leo.Phone != "+4930123456" || leo.GivenName != "Leo" || leo.CreatedAt == "" || ines.State != "disabled" {
		t.Errorf("imported %+v, %+v", leo, ines)
	}
	x.refused(exitFailed, "no user", "user", "show", "tina") // whose hash nobody can compare
	x.refused(exitFailed, "no realm", "import", "--from", "keycloak", x.file(`{"a": 1}`))
}

// The export of hashes gives passwords to the users of the export of users.
func TestImportAuth0_joinsItsTwoExports(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	if got := x.imported("--from", "auth0", x.file(`{"id": "auth0|1", "email": "ann@example.com", "email_verified": true, "user_metadata": {"color": "red"}}`)); became(got) != "created" {
		t.Errorf("users: %+v", got)
	}
	if got := x.imported("--from", "auth0", x.file(`{"_id": {"$oid": "1"}, "email": "ann@example.com", "passwordHash": "`+bcryptOfSecret+`", "tenant": "a"}`)); became(got) != "updated" {
		t.Errorf("hashes: %+v", got)
	}
	if got := x.ok("user", "export", "--with-passwords"); !strings.Contains(got, bcryptOfSecret) || !strings.Contains(got, `"public_metadata":{"color":"red"}`) || !strings.Contains(got, `"email_verified":true`) {
		t.Errorf("exported %s", got)
	}
	x.refused(exitUsage, "must be auth0, keycloak or plinto", "import", "--from", "nobody", x.file(""))
}

// BLK-03: an import that ends in the middle goes on behind the last step that was committed.
func TestImport_goesOnWhereItWasInterrupted(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	var lines []string
	for i := range 1203 {
		lines = append(lines, fmt.Sprintf(`{"username": "user%d"}`, i))
	}
	name := x.file(lines...)
	x.interrupted(name, 700, false)
	var users []userRow
	if x.into(&users, "user", "list", "--limit", "1000", "-o", "json"); len(users) != 500 {
		t.Errorf("after the interruption there are %d users, want a step of 500", len(users))
	}
	stdout, stderr, code := x.run("import", name)
	if code != exitOK || !strings.Contains(stderr, "Going on after line 500") || !strings.Contains(stderr, "1203 users created") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	seen := map[int64]bool{}
	for line := range strings.Lines(stdout) {
		var o bulk.Outcome
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatal(err)
		}
		if seen[o.Line] || o.Status != "created" {
			t.Errorf("line %d is told twice, or was not created: %s", o.Line, line)
		}
		seen[o.Line] = true
	}
	if len(seen) != len(lines) {
		t.Errorf("the report is of %d lines, want %d", len(seen), len(lines))
	}
	if got := x.imported(name); !each(got, "username_taken") {
		t.Errorf("the same file once more is another import: %s", became(got))
	}
}

// A dry run stores nobody, and tells all the same what an earlier line has, in whichever step, and after an interruption.
func TestImport_aDryRunKnowsWhatEarlierLinesHave(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	var lines []string
	for i := range 1200 {
		lines = append(lines, fmt.Sprintf(`{"username": "user%d", "external_id": "e%d"}`, i, i))
	}
	lines = append(lines, `{"username": "USER3"}`, `{"external_id": "e1", "username": "changed"}`, `{"username": "new"}`, `{"username": "new"}`)
	name := x.file(lines...)
	x.interrupted(name, 700, true)
	conn := storagetest.Owner(t, x.owner)
	held := func() (n int) {
		if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM job_names`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := held(); n != 1000 {
		t.Errorf("after a step of 500 lines %d names are kept, want 1000", n)
	}
	got := x.imported("--dry-run", name)
	if len(got) != 1204 || !each(got[:1200], "created") || became(got[1200:]) != "given_twice updated created given_twice" {
		t.Errorf("a dry run says %s", became(got[max(0, len(got)-10):]))
	}
	if n := held(); n != 0 {
		t.Errorf("%d names outlive the dry run", n)
	}
	if n := x.imported("--dry-run", name); became(n[1200:]) != "given_twice updated created given_twice" {
		t.Errorf("another dry run says %s", became(n[1200:]))
	}
}

var errFileEnds = errors.New("the file ends here")

// A cut is lines that end too early.
type cut struct {
	bulk.Lines
	left int
}

func (c *cut) Next() (bulk.Line, error) {
	if c.left--; c.left < 0 {
		return bulk.Line{}, errFileEnds
	}
	return c.Lines.Next()
}

// interrupted imports a file, as the command does, until a line.
func (x *terminal) interrupted(name string, line int, dryRun bool) {
	x.t.Helper()
	x.bulk(func(ctx context.Context, service *bulk.Service) error {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		print, err := fingerprint(file, fromPlinto, dryRun)
		if err != nil {
			return err
		}
		j, err := service.Start(ctx, print, dryRun)
		if err != nil {
			return err
		}
		if _, _, err = service.Work(ctx, j, &cut{bulk.NewLines(file), line}, time.Time{}); !errors.Is(err, errFileEnds) {
			return fmt.Errorf("the import was not interrupted: %w", err)
		}
		return nil
	})
}

// bulk does something with what imports users.
func (x *terminal) bulk(do func(context.Context, *bulk.Service) error) {
	x.t.Helper()
	c := &cli{in: strings.NewReader(""), out: io.Discard, err: io.Discard, environ: x.env, dir: x.dir}
	var f tenantFlag
	err := f.work(x.t.Context(), c, func(ctx context.Context, i *installation) error {
		service, err := i.bulk()
		if err != nil {
			return err
		}
		return do(ctx, service)
	})
	if err != nil {
		x.t.Fatal(err)
	}
}

func TestImport_thatWasCanceledIsOver(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	var lines []string
	for i := range 800 {
		lines = append(lines, fmt.Sprintf(`{"username": "user%d"}`, i))
	}
	name := x.file(lines...)
	x.interrupted(name, 600, false)
	x.bulk(func(ctx context.Context, service *bulk.Service) error {
		all, err := service.List(ctx, keyset.Window{Limit: 10})
		if err != nil || len(all) != 1 {
			return fmt.Errorf("%d jobs, %w", len(all), err)
		}
		over, err := service.Cancel(ctx, all[0].ID)
		if err != nil || over.State != bulk.Canceled || over.Created != 500 {
			t.Errorf("canceled %+v, %v", over, err)
		}
		if _, err = service.Cancel(ctx, over.ID); !errors.Is(err, bulk.ErrJobOver) {
			t.Errorf("canceled twice: %v", err)
		}
		// Whoever still works on it stores nothing more.
		if _, _, err = service.Work(ctx, all[0], bulk.NewLines(strings.NewReader(strings.Join(lines, "\n"))), time.Time{}); !errors.Is(err, bulk.ErrJobOver) {
			t.Errorf("work on a job that was canceled: %v", err)
		}
		return nil
	})
	var users []userRow
	if x.into(&users, "user", "list", "--limit", "1000"); len(users) != 500 {
		t.Errorf("there are %d users, want 500", len(users))
	}
	if got := x.imported(name); len(got) != 800 || got[0].Code != "username_taken" || got[799].Status != "created" {
		t.Errorf("a canceled import went on: %+v", got[0])
	}
}
