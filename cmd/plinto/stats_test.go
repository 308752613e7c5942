package main

import (
	"strings"
	"testing"

	"plinto/event/stats"
	"plinto/storage/storagetest"
)

func TestBar_isAsLongAsItsPart(t *testing.T) {
	t.Parallel()
	full := strings.Repeat("█", barWidth)
	for _, c := range []struct {
		n, most int64
		want    string
	}{{0, 10, ""}, {10, 10, full}, {5, 10, strings.Repeat("█", barWidth/2)}, {1, 1_000_000, "▏"}, {1, 0, ""}, {1, 24, "█▎"}} {
		if got := bar(c.n, c.most); got != c.want {
			t.Errorf("%d of %d: got %q, want %q", c.n, c.most, got, c.want)
		}
	}
}

// A server counts what its users do, and the command shows it.
func TestStats_showWhatHappened(t *testing.T) {
	t.Parallel()
	database, _ := storagetest.URL(t)
	s := newSite(t, database)
	_, address := s.serve()
	s.address.Store(address)
	r := s.rp()
	v := &visitor{t: t, http: r.http}
	v.open(r.authorizeURL()).click("submit", map[string]string{"username": demoUser, "password": "wrong password"})
	r.signIn()
	if _, err := r.code(); err != nil {
		t.Fatal(err)
	}
	var got stats.Report
	eventually(t, "what happened is counted", func() bool {
		s.into(&got, "stats", "--tenant", "acme", "--days", "1", "-o", "json")
		return got.Days[0].Authorizations == 2
	})
	if d := got.Days[0]; d.SignIns != 1 || d.SignInFailures != 1 || d.ActiveUsers != 1 || got.ActiveThisMonth != 1 {
		t.Errorf("got %+v", got)
	}
	if len(got.Paths) != 2 || got.Clients[0] != (stats.Share{Name: siteClient, Count: 2}) || got.Methods[0].Name != "pwd" || got.Failures[0].Name != "bad_credentials" {
		t.Errorf("got %+v", got)
	}
	table := s.ok("stats", "--tenant", "acme", "--days", "2")
	for _, want := range []string{"SIGN-INS", "█", "sign-ins by method", "bad_credentials", "active users this month"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in %s", want, table)
		}
	}
	if _, said, code := s.run("stats", "--tenant", "acme", "--days", "0"); code != exitUsage || !strings.Contains(said, "--days") {
		t.Errorf("exit %d: %s", code, said)
	}
	t.Log("\n" + table)
}
