package plintotest_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"slices"
	"testing"
	"time"

	"plinto/internal/paths"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/tenant"
)

// timing is how many accounts that exist, and as many that do not, TestTiming asks about on each
// page: `make test-timing`.
var timing = flag.Int("timing", 0, "how many known and unknown accounts TestTiming compares")

// mostUnlikely is the probability below which TestTiming takes a difference for one: with four
// comparisons a run of a server that tells nothing fails once in 2,500.
const mostUnlikely = 1e-4

// ENU-02, ENU-03, ENU-09: how long answers take tells nothing about who has an account. Known and
// unknown names are asked about in turns, in random order within each pair, each from a browser and a
// network of its own; the times are compared by their ranks, so that outliers of a busy machine do
// not count.
func TestTiming_tellsNobodyWhoHasAnAccount(t *testing.T) {
	if *timing == 0 {
		t.Skip("it measures for minutes: make test-timing")
	}
	s := plintotest.Start(t, plintotest.Options{Mail: true, Proxied: true, Settings: tenant.Settings{
		SignUp: tenant.SignUp{Enabled: true}, EmailSignIn: tenant.EmailSignInOn,
	}})
	client, _ := s.Client(testworld.Web("https://rp.test/cb"))
	for i := range *timing {
		s.User(knownName(i))
	}
	signIn, signUp := s.AuthorizeURL(client, nil), s.AuthorizeURL(client, url.Values{"prompt": {"create"}})
	forgot, _ := s.Browser().Open(signIn).Doc.Find("#forgot").Attr("href")
	for _, page := range []struct {
		name, address, button string
		values                func(name string) map[string]string
		path                  string // of the answer, or of the page it leads to
	}{
		{"sign-in", signIn, "submit", func(name string) map[string]string {
			return map[string]string{"username": name, "password": "not the right one"}
		}, paths.Login},
		{"recovery, and its page for the code", s.Issuer() + forgot, "submit", func(name string) map[string]string { return map[string]string{"username": name} }, paths.RecoverCode},
		{"sign-up, and its page for the code", signUp, "submit", func(name string) map[string]string { return map[string]string{"email": name} }, paths.SignUpCode},
		{"a code by mail, and its page", signIn, "by-mail", func(name string) map[string]string { return map[string]string{"username": name} }, paths.LoginEmail},
	} {
		random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
		took := func(name string) float64 {
			b := s.Browser().From(fmt.Sprintf("%d.%d.%d.%d", 11+random.IntN(80), random.IntN(256), random.IntN(256), 1+random.IntN(250)))
			address := page.address
			if page.name[0] == 'r' { // it belongs to a flow of the browser
				href, _ := b.Open(signIn).Doc.Find("#forgot").Attr("href")
				address = s.Issuer() + href
			}
			p := b.Open(address)
			began := time.Now()
			answer := p.Submit(page.button, page.values(name))
			after := time.Since(began)
			if answer.Left != nil || answer.URL.Path != page.path {
				t.Fatalf("%s of %s: %d at %s, want %s", page.name, name, answer.Status, answer.URL, page.path)
			}
			return after.Seconds() * 1000
		}
		took(knownName(0)) // what is slow the first time
		var known, unknown []float64
		for i := range *timing {
			ask := []func(){
				func() { known = append(known, took(knownName(i))) },
				func() { unknown = append(unknown, took(unknownName(i))) },
			}
			first := random.IntN(2)
			ask[first]()
			ask[1-first]()
		}
		favour, p := mannWhitney(known, unknown)
		t.Logf("%s: known p50 %.2f ms, unknown %.2f ms; known slower in %.1f %% of pairs, p = %.2g", page.name, median(known), median(unknown), 100*favour, p)
		if p < mostUnlikely {
			t.Errorf("%s: the time tells who has an account", page.name)
		}
	}
}

func knownName(i int) string   { return fmt.Sprintf("member%05d@example.com", i) }
func unknownName(i int) string { return fmt.Sprintf("nobody%05d@example.com", i) }

func median(of []float64) float64 { return slices.Sorted(slices.Values(of))[len(of)/2] }

// mannWhitney returns in which part of all pairs that of a is larger, and how likely a part as far
// from a half is where both are times of the same (two-sided, by the normal approximation, which is
// good from 20 on). Equal times, which a clock of nanoseconds hardly has, count half.
func mannWhitney(a, b []float64) (larger, p float64) {
	u := 0.0
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				u++
			case x == y:
				u += 0.5
			}
		}
	}
	n, m := float64(len(a)), float64(len(b))
	z := (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
	return u / (n * m), math.Erfc(math.Abs(z) / math.Sqrt2)
}

// The test notices what it is for.
func TestMannWhitney_findsADifference(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	times := func(more float64) (all []float64) {
		for range 300 {
			all = append(all, 10+random.ExpFloat64()*3+more) // as on a busy machine
		}
		return all
	}
	if larger, p := mannWhitney(times(0), times(0)); p < mostUnlikely {
		t.Errorf("of the same: larger in %.2f, p = %g", larger, p)
	}
	if larger, p := mannWhitney(times(1), times(0)); p > mostUnlikely || larger < 0.5 {
		t.Errorf("a millisecond more: larger in %.2f, p = %g", larger, p)
	}
	if larger, p := mannWhitney([]float64{1, 2, 3}, []float64{1, 2, 3}); larger != 0.5 || p != 1 {
		t.Errorf("equal: %g, %g", larger, p)
	}
}
