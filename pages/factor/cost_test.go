package factor_test

import (
	"strings"
	"testing"

	"plinto/internal/plintotest"
	"plinto/internal/testservice"
	"plinto/internal/testworld"
	"plinto/tenant"
)

// A second factor costs two round trips to Postgres more than the password, which takes three, and
// a passkey alone no more than a password.
func TestFactor_costsFewRoundTrips(t *testing.T) {
	t.Parallel()
	sql := &testservice.Statements{}
	w := &world{t: t}
	w.Server = plintotest.Start(t, plintotest.Options{Now: w.now, Host: plintotest.KeyHost, Tracer: sql, Settings: tenant.Settings{MFA: required}})
	w.client, w.secret = w.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	w.User("alice@example.com")
	w.User("bob@example.com")
	k := w.hasKey()
	bob := map[string]string{"username": "bob@example.com", "password": plintotest.Password}
	p := w.Browser().Open(w.url(nil)).Submit("submit", bob)
	app := w.secretOf(p)
	w.claims(p.Submit("submit", map[string]string{"code": w.code(app)}).Submit("submit", nil))
	for _, c := range []struct {
		name              string
		before            func() *plintotest.Page
		do                func(p *plintotest.Page) *plintotest.Page
		statements, trips int
	}{
		{"a passkey alone", func() *plintotest.Page { return w.Browser().Open(w.url(nil)) }, k.Signs, 7, 2},
		{
			"a password, of who has a passkey", func() *plintotest.Page { return w.Browser().Open(w.url(nil)) },
			func(p *plintotest.Page) *plintotest.Page { return p.Submit("submit", plintotest.Alice()) }, 5, 3,
		},
		{"a passkey beside it", func() *plintotest.Page { return w.password(w.Browser(), w.url(nil)) }, k.Signs, 9, 2},
		{"a code of an app", func() *plintotest.Page {
			w.later()
			return w.Browser().Open(w.url(nil)).Submit("submit", bob)
		}, func(p *plintotest.Page) *plintotest.Page {
			return p.Submit("submit", map[string]string{"code": w.code(app)})
		}, 10, 2},
	} {
		var sent []string
		trips := 0
		for range 5 { // on a busy machine something else may be read meanwhile
			p := c.before()
			if sent, trips = sql.During(func() { c.do(p) }); len(sent) <= c.statements && trips <= c.trips {
				break
			}
		}
		t.Logf("%s: %d statements, %d round trips", c.name, len(sent), trips)
		if len(sent) > c.statements || trips > c.trips {
			t.Errorf("%s: %d statements in %d round trips, want at most %d in %d:\n%s",
				c.name, len(sent), trips, c.statements, c.trips, strings.Join(sent, "\n"))
		}
	}
}
