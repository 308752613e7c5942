package factor_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"plinto/internal/password"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/tenant"
)

// BenchmarkFactor says what sign-ins take of the processor, from the request of an application to its
// answer: of this process, which is the server and the test's browser; Postgres is besides. Hashes
// cost next to nothing here, so what a code takes beyond the password is the difference of the two,
// less what its two requests take of the browser.
func BenchmarkFactor(b *testing.B) {
	start := func(mfa tenant.MFA) *world {
		w := &world{t: b}
		hasher := password.New(password.Options{Cost: password.Cost{Memory: 64, Time: 1}, Pepper: password.Pepper{ID: "t"}})
		w.Server = plintotest.Start(b, plintotest.Options{Now: w.now, Host: plintotest.KeyHost, Hasher: hasher, Settings: tenant.Settings{MFA: mfa}})
		w.client, w.secret = w.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
		w.User("alice@example.com")
		return w
	}
	plain := start(tenant.MFA{Policy: tenant.MFAOff})
	byCode, byKey := start(required), start(required)
	app, _ := byCode.enrols(byCode.Browser())
	k := byKey.hasKey()
	html, err := byKey.at(byKey.password(byKey.Browser(), byKey.url(nil)), "/login/factor").Doc.Html()
	if err != nil {
		b.Fatal(err)
	}
	nothing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, html) }))
	b.Cleanup(nothing.Close)
	b.Run("two requests and a page, of a server that does nothing", func(b *testing.B) {
		before := cpu(b)
		for b.Loop() {
			fetch(b, nothing.URL, true)
			fetch(b, nothing.URL, false)
		}
		b.ReportMetric(float64(cpu(b)-before)/float64(time.Millisecond)/float64(b.N), "cpu-ms/op")
	})
	for _, c := range []struct {
		name string
		do   func() *plintotest.Page
	}{
		{"password", func() *plintotest.Page { return plain.password(plain.Browser(), plain.url(nil)) }},
		{"password and code", func() *plintotest.Page {
			byCode.later()
			p := byCode.at(byCode.password(byCode.Browser(), byCode.url(nil)), "/login/factor")
			return p.Submit("submit", map[string]string{"code": byCode.code(app)})
		}},
		{"passkey", func() *plintotest.Page { return k.Signs(byKey.Browser().Open(byKey.url(nil))) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			before := cpu(b)
			for b.Loop() {
				if p := c.do(); p.Left == nil {
					b.Fatalf("at %s (%d)", p.URL, p.Status)
				}
			}
			b.ReportMetric(float64(cpu(b)-before)/float64(time.Millisecond)/float64(b.N), "cpu-ms/op")
		})
	}
}

// fetch is what the test's browser does with a page.
func fetch(b *testing.B, address string, reads bool) {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	if !reads {
		_, err = io.Copy(io.Discard, res.Body)
	} else {
		_, err = goquery.NewDocumentFromReader(res.Body)
	}
	if err != nil {
		b.Fatal(err)
	}
}

func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
