package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// What is found of a command line before its flags are read is what the flags say, in each spelling that they take.
func TestCommandLine_isFoundUnreadAsItIsRead(t *testing.T) {
	t.Parallel()
	c := &cli{in: strings.NewReader(""), dir: t.TempDir()}
	for text, want := range map[string]bool{
		"": false, "--json": true, "--json=true": true, "--json=1": true, "--json=T": true, "--json=false": false,
		"-o json": true, "-ojson": true, "-o=json": true, "--output json": true, "--output=json": true,
		"-o yaml": false, "-oyaml": false, "-o=table": false, "--output=yaml": false,
		"--json -o table": false, "--json --output=table": false, "--json -otable": false, "-o table --json": true,
		"-o json --json=false": true, "-o yaml -o json": true, "-o json -- -o table": true, "-- --json": false,
	} {
		args := strings.Fields(text)
		if got := asksForJSON(args); got != want {
			t.Errorf("%q: asks for JSON: %t, want %t", text, got, want)
		}
		cmd, _, err := newRoot(c).Find([]string{"tenant", "list"})
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.ParseFlags(args); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if shown := cmd.Flags().Lookup("output").Value.String(); (shown == string(outputJSON)) != want {
			t.Errorf("%q: the flags say %s", text, shown)
		}
	}
	for text, want := range map[string]string{
		"--server a": "a", "--server=a": "a", "--server a --server b": "b", "--server=a user list --server b": "b", "--server a -- --server b": "a", "--server": "",
	} {
		if got, _ := flagOf(strings.Fields(text), "server"); got != want {
			t.Errorf("%q: the server is %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"apply -f x": "apply", "-o json version": "version", "--json version": "version", "--server a user list": "user", "--server=a user list": "user",
		"--profile p tenant --json list": "tenant", "__complete apply": "apply", "": "", "--json": "", "tennant list": "",
	} {
		if got := firstWord(newRoot(c), strings.Fields(text)); got != want {
			t.Errorf("%q: the command is %q, want %q", text, got, want)
		}
	}
}

// Where -o and --json stand, and how they are spelled, is no matter: not to what is shown, and not to an error that comes before they are read.
func TestErrors_areJSONHoweverItIsAskedFor(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	for _, asked := range [][]string{{"--json"}, {"--json=true"}, {"--json=1"}, {"-o", "json"}, {"-ojson"}, {"-o=json"}, {"--output", "json"}, {"--output=json"}} {
		for _, args := range [][]string{
			slices.Concat([]string{"tenant", "list"}, asked), slices.Concat(asked, []string{"tenant", "list"}), slices.Concat([]string{"tenant"}, asked, []string{"list"}),
		} {
			var shown []tenantRow
			if out := x.ok(args...); json.Unmarshal([]byte(out), &shown) != nil || len(shown) == 0 {
				t.Errorf("plinto %s: %s", strings.Join(args, " "), out)
			}
			if said := x.failed(exitUsage, append(args, "--outptu")...); said[0].Code != failedUsage {
				t.Errorf("plinto %s: %+v", strings.Join(args, " "), said)
			}
		}
	}
	_, stderr, _ := x.run("tenant", "update", "acne", "--name", "x", "--json", "-o", "table")
	if !strings.HasPrefix(stderr, "plinto: ") {
		t.Errorf("asked for a table in the end: %s", stderr)
	}
	x.refused(exitUsage, `required flag(s) "from" not set`, "audit", "consistency")
	if said := x.failed(exitUsage, "user", "factors", "remove", "ann@example.com", "--json"); said[0].Code != failedUsage {
		t.Errorf("which factor is not said: %+v", said)
	}
	x.env = append(x.env, "PLINTO_PROFILE=nosuch")
	x.ok("-o", "json", "version") // is about this machine, whatever the profile
}
