package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"plinto/event"
	"plinto/event/audit"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// outsider builds the tool that an outsider checks proofs with, and returns how to run it.
func outsider(t *testing.T) func(key, proof string) (string, error) {
	t.Helper()
	tool := filepath.Join(t.TempDir(), "auditcheck")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", tool, "plinto/cmd/auditcheck").CombinedOutput(); err != nil {
		t.Fatalf("build auditcheck: %v: %s", err, out)
	}
	return func(key, proof string) (string, error) {
		cmd := exec.CommandContext(t.Context(), tool, key)
		cmd.Stdin = strings.NewReader(proof)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
}

func TestAudit_isProvenToAnOutsider(t *testing.T) {
	t.Parallel()
	x, check := newTerminal(t), outsider(t)
	x.ok("tenant", "create", "acme")
	x.ok("user", "create", "a@example.com")
	key, first := strings.TrimSpace(x.ok("audit", "key")), x.ok("audit", "head")
	x.ok("user", "create", "b@example.com")
	x.ok("user", "disable", "b@example.com")
	var rows []audit.Record
	x.into(&rows, "audit", "list", "--type", "user.disabled")
	if len(rows) != 1 || rows[0].ActorType != "operator" {
		t.Fatalf("listed %+v", rows)
	}
	row, chain := x.ok("audit", "prove", rows[0].ID.String()), x.ok("audit", "consistency", "--from", "2")
	for proof, want := range map[string]string{row: `type: "user.disabled"`, chain: "The log of 4 rows continues the one of 2 rows unchanged."} {
		if out, err := check(key, proof); err != nil || !strings.Contains(out, want) {
			t.Errorf("got %v: %s, want %q", err, out, want)
		}
	}
	x.ok("audit", "consistency", "--from", time.Now().UTC().Format(time.DateOnly))
	var p audit.InclusionProof
	if err := json.Unmarshal([]byte(row), &p); err != nil {
		t.Fatal(err)
	}
	forge := func(change func(*audit.InclusionProof)) string {
		q := p
		q.Leaf, q.Row, q.Proof = bytes.Clone(p.Leaf), bytes.Clone(p.Row), append(p.Proof[:0:0], p.Proof...)
		change(&q)
		text, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	var heads audit.ConsistencyProof
	if err := json.Unmarshal([]byte(chain), &heads); err != nil {
		t.Fatal(err)
	}
	heads.Proof[0][0] ^= 1
	broken, err := json.Marshal(heads)
	if err != nil {
		t.Fatal(err)
	}
	for name, proof := range map[string]string{
		"another leaf":  forge(func(p *audit.InclusionProof) { p.Leaf[60] ^= 1 }),
		"another row":   forge(func(p *audit.InclusionProof) { p.Row[30] ^= 1 }),
		"another place": forge(func(p *audit.InclusionProof) { p.Seq-- }),
		"another path":  forge(func(p *audit.InclusionProof) { p.Proof[0][0] ^= 1 }),
		"another head":  forge(func(p *audit.InclusionProof) { p.Head = strings.Replace(p.Head, "\n4\n", "\n3\n", 1) }),
		"another past":  string(broken),
	} {
		if out, err := check(key, proof); err == nil {
			t.Errorf("%s: taken: %s", name, out)
		}
	}
	x.ok("tenant", "create", "other")
	if out, err := check(strings.TrimSpace(x.ok("audit", "key", "--tenant", "other")), row); err == nil {
		t.Errorf("the key of another tenant: taken: %s", out)
	}
	kept := filepath.Join(x.dir, "head")
	if err := os.WriteFile(kept, []byte(first), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := x.ok("audit", "verify", "--tenant", "acme", "--head", kept); !strings.Contains(out, "The log is what was sealed: 4 rows, 2 signed heads.") {
		t.Errorf("verify said %s", out)
	}
}

func TestAudit_verifyFailsWithTheFirstBadRow(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.ok("user", "create", "a@example.com")
	x.ok("audit", "verify")
	conn := storagetest.Owner(t, x.owner)
	if _, err := conn.Exec(t.Context(), `UPDATE audit_log SET actor_type = 'user' WHERE type = 'user.created'`); err != nil {
		t.Fatal(err)
	}
	x.refused(exitFailed, "audit log: row 1: ", "audit", "verify")
	out, stderr, code := x.run("audit", "verify", "-o", "json")
	var result verifyResult
	if err := json.Unmarshal([]byte(out), &result); err != nil || code != exitFailed || !strings.Contains(result.Damage, "the row was edited") || !strings.Contains(stderr, "edited") {
		t.Errorf("exit %d, %v: %s", code, err, out)
	}
	x.refused(exitUsage, "is no id of a row", "audit", "prove", "x")
	x.refused(exitFailed, "There is no such row", "audit", "show", "0193f000-0000-7000-8000-000000000001")
	x.refused(exitUsage, "neither a size nor a date", "audit", "consistency", "--from", "yesterday")
	x.refused(exitFailed, "There is no signed head", "audit", "consistency", "--from", "2001-01-01")
	x.refused(exitUsage, "jsonl or csv", "audit", "export", "--format", "xml")
}

// visited has a visitor with a browser of a nasty name in the log of a tenant.
func (x *terminal) visited(slug, agent string) {
	x.t.Helper()
	s := x.store()
	found, err := s.Tenants.BySlug(x.t.Context(), slug)
	if err != nil {
		x.t.Fatal(err)
	}
	ctx := event.WithOrigin(tenant.With(x.t.Context(), found), func() event.Origin { return event.Origin{IP: "192.0.2.1", UserAgent: agent} })
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		return s.Outbox.Append(ctx, event.Event{Fact: event.SignInFailed{}, Outcome: "failure", Reason: "unknown_user", Actor: event.Actor{Type: "anonymous"}})
	})
	if err != nil {
		x.t.Fatal(err)
	}
}

func TestAudit_exportsWhatIsSealed(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.visited("acme", `=HYPERLINK("https://a.example","x")`)
	var listed []audit.Record
	x.into(&listed, "audit", "list", "--outcome", "failure", "--actor", "anonymous", "--since", "1h")
	if len(listed) != 1 || listed[0].IP != "192.0.2.1" {
		t.Errorf("listed %+v", listed)
	}
	if out := x.ok("audit", "show", listed[0].ID.String()); !strings.Contains(out, "not sealed yet") || !strings.Contains(out, "192.0.2.1") {
		t.Errorf("show said %s", out)
	}
	read := x.readings() // nothing personal in them: this is not recorded
	if len(read) != 2 || read[0] != (reading{"operator", listed[0].ID.String(), "", 1}) || read[1] != (reading{"operator", "", "failure", 1}) {
		t.Errorf("readings: %+v", read)
	}
	file := filepath.Join(x.dir, "log.csv")
	x.ok("audit", "export", "--format", "csv", "--to", file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cells, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(cells) != 5 || cells[2][2] != "authentication.failed" || !strings.HasPrefix(cells[2][12], "'=HYPERLINK") || cells[2][11] != "192.0.2.1" {
		t.Errorf("%v: %q", err, cells)
	}
	object := filepath.Join(x.dir, "log.jsonl")
	x.refused(exitFailed, "built without S3", "audit", "export", "--to", "s3://bucket/log")
	x.refused(exitFailed, "no such bucket or folder", "audit", "export", "--to", "file://"+filepath.ToSlash(x.dir)+"/none/log")
	lines := strings.Split(strings.TrimSpace(x.ok("audit", "export")), "\n")
	if len(lines) != 5 { // the first export is in the second, none that was refused is
		t.Fatalf("%d lines: %s", len(lines), lines)
	}
	var last audit.Record
	if err := json.Unmarshal([]byte(lines[4]), &last); err != nil || last.Type != "audit.exported" || last.ActorType != "operator" || *last.Seq != 4 {
		t.Errorf("%v: %s", err, lines[4])
	}
	if out := x.ok("audit", "export", "--until", "2001-01-01"); out != "" {
		t.Errorf("rows of before 2001: %s", out)
	}
	x.ok("audit", "export", "--to", "file://"+filepath.ToSlash(object))
	if text, err := os.ReadFile(object); err != nil || !strings.HasPrefix(string(text), lines[0]) {
		t.Errorf("the object has %s (%v)", text, err)
	}
	x.refused(exitFailed, "of this name already", "audit", "export", "--to", "file://"+filepath.ToSlash(object))
	if left, err := filepath.Glob(filepath.Join(x.dir, "*.part")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A reading is what is recorded of one.
type reading struct {
	by, row, outcome string
	rows             int
}

// readings are those of the log, newest first.
func (x *terminal) readings() (all []reading) {
	x.t.Helper()
	var found []audit.Record
	x.into(&found, "audit", "list", "--type", "audit.read")
	for i := range found {
		var read event.AuditRead
		if err := json.Unmarshal(found[i].Data, &read); err != nil {
			x.t.Fatal(err)
		}
		all = append(all, reading{found[i].ActorType, read.Row, read.Outcome, read.Rows})
	}
	return all
}

// Whoever reads addresses by the feed is recorded, once, and not for reading of that.
func TestEvents_recordThatAddressesWereRead(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.visited("acme", "browser")
	for after, want := range []int{1, 1, 0} {
		args := []string{"events", "--after", []string{"-1", "0", "1"}[after]}
		before := len(x.readings())
		x.ok(args...)
		if now := x.readings(); len(now)-before != want {
			t.Errorf("%v recorded %d readings, want %d", args, len(now)-before, want)
		}
	}
	if all := x.readings(); all[1] != (reading{"operator", "", "", 2}) {
		t.Errorf("got %+v", all)
	}
}

func TestEvents_areReadFromACursorOn(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.ok("user", "create", "a@example.com")
	x.ok("user", "create", "b@example.com")
	types := func(out string) string {
		return strings.Join(regexp.MustCompile(`"type":"[^"]*"`).FindAllString(out, -1), " ")
	}
	const want = `"type":"tenant.created" "type":"user.created" "type":"user.created"`
	if got := types(x.ok("events")); got != want {
		t.Errorf("got %s", got)
	}
	if got := types(x.ok("events", "--after", "1")); got != `"type":"user.created"` {
		t.Errorf("after 1: got %s", got)
	}
	if got := types(x.ok("events", "--limit", "1")); got != `"type":"tenant.created"` {
		t.Errorf("one: got %s", got)
	}
	if got := x.ok("events", "--after", "2"); got != "" {
		t.Errorf("at the end: got %s", got)
	}
	x.refused(exitFailed, "beyond the last event", "events", "--after", "3")
}
