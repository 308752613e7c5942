package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"plinto/storage/storagetest"
)

// problems are the findings that are not well, a line each.
func (x *terminal) problems() (all []string) {
	x.t.Helper()
	stdout, _, _ := x.run("doctor", "--json")
	var found []finding
	if err := json.Unmarshal([]byte(stdout), &found); err != nil {
		x.t.Fatalf("%v: %s", err, stdout)
	}
	for _, f := range found {
		if f.Severity != severityOK && !strings.HasSuffix(f.Cause, " is not set") {
			all = append(all, f.Check+": "+f.Cause)
		}
	}
	return all
}

// Whatever is wrong is one finding: what fails because of it is not told besides.
func TestDoctor_saysEachCauseOnce(t *testing.T) {
	t.Parallel()
	server, _ := storagetest.URL(t)
	closed := closedPort(t)
	x := &terminal{t: t, dir: t.TempDir(), env: []string{"PLINTO_PUBLIC_URL=http://" + closed, "DATABASE_URL=" + server, "PLINTO_ENCRYPTION_KEY=" + randomKey()}}
	for _, slug := range []string{"acme", "globex", "initech"} {
		x.ok("tenant", "create", slug)
		x.ok("keys", "rotate", "--tenant", slug, "--alg", "ES256")
	}
	for name, c := range map[string]struct {
		change func(env []string) []string
		says   string
	}{
		"no server runs": {func(env []string) []string { return env }, "issuers of acme, globex, initech: http://" + closed + " does not answer from here"},
		"a database that is down": {
			func(env []string) []string {
				return append(env, "PLINTO_DATABASE_URL=postgres://plinto@"+closed+"/plinto")
			}, "database: the database cannot be reached",
		},
		"a URL of a database that cannot be read": {func(env []string) []string { return append(env, "PLINTO_DATABASE_URL=postgres://a:b@c:port/x") }, "configuration: PLINTO_DATABASE_URL cannot be read"},
		"a public URL without address": {func(env []string) []string {
			return append(env, "PLINTO_PUBLIC_URL=https://id.invalid", "PLINTO_TRUSTED_PROXIES=10.0.0.1")
		}, "public URL: the name id.invalid"},
		"a Redis URL that cannot be read": {func(env []string) []string { return append(env, "PLINTO_REDIS_URL=http://x") }, "configuration: PLINTO_REDIS_URL is not right"},
		"a mail server of no scheme": {func(env []string) []string {
			return append(env, "PLINTO_SMTP_URL=http://x", "PLINTO_MAIL_FROM=a@example.com")
		}, "configuration: PLINTO_SMTP_URL is not right"},
		"an encryption key that is none": {func(env []string) []string { return append(env, "PLINTO_ENCRYPTION_KEY=short") }, "configuration: PLINTO_ENCRYPTION_KEY is not right"},
		"a mistyped setting":             {func(env []string) []string { return append(env[:1:1], "PLINTO_DATABSE_URL="+server, env[2]) }, "configuration: PLINTO_DATABSE_URL is unknown"},
		"a file that is not there": {
			func(env []string) []string {
				return append(env[:1:1], "PLINTO_DATABASE_URL_FILE="+filepath.Join(x.dir, "absent"), env[2])
			}, "configuration: PLINTO_DATABASE_URL_FILE is ",
		},
	} {
		y := *x
		y.env = c.change(x.env[:len(x.env):len(x.env)])
		all := y.problems()
		if name != "no server runs" { // which is so in every one of them that gets as far
			all = without(all, "issuers of ")
		}
		if len(all) != 1 || !strings.HasPrefix(all[0], c.says) {
			t.Errorf("%s: %d findings:\n%s", name, len(all), strings.Join(all, "\n"))
		}
	}
}

func without(all []string, prefix string) (rest []string) {
	for _, one := range all {
		if !strings.HasPrefix(one, prefix) {
			rest = append(rest, one)
		}
	}
	return rest
}

// The same cause at several tenants is one finding, which names some of them.
func TestAlike_namesWhatACauseIsOf(t *testing.T) {
	t.Parallel()
	a := newAlike()
	for n := range 6 {
		a.add(fmt.Sprint("t", n), "down")
	}
	a.add("t0", "old")
	var got []string
	for of, cause := range a.all {
		got = append(got, of.named("database of ", "databases of ")+": "+cause)
	}
	if want := "databases of t0, t1, t2 and 3 more: down|database of t0: old"; strings.Join(got, "|") != want {
		t.Errorf("got %s", strings.Join(got, "|"))
	}
}
