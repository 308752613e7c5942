package main

import (
	"errors"
	"flag"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"plinto/storage/storagetest"
)

// crashes is how often the server is killed. The suite is content with a few; by
// hand: make crash
var crashes = flag.Int("crashes", 3, "how often the tests of crashes kill")

// A ledger is what a relying party was told, and may rely on.
type ledger struct {
	*rp
	spent   []string // codes that brought tokens
	live    []string // refresh tokens at the end of their chains
	revoked []string // refresh tokens whose revocation was confirmed
	answers int
	cuts    int
}

// again asks until somebody answers.
func (l *ledger) again(ask func() (said, error)) (said, bool) {
	for {
		a, err := ask()
		switch {
		case err == nil:
			l.answers++
			return a, true
		case !errors.Is(err, errCut):
			l.t.Errorf("answer: %v", err)
			return a, false
		}
		l.cuts++
		<-time.After(5 * time.Millisecond) // until the next server is up
	}
}

// walk has a code, redeems it, refreshes twice and revokes every second chain.
func (l *ledger) walk(n int) {
	var code string
	_, ok := l.again(func() (_ said, err error) { code, err = l.code(); return said{}, err })
	if !ok {
		return
	}
	first, err := l.redeem(code)
	if errors.Is(err, errCut) {
		l.cuts++
		l.settleCode(code)
		return
	}
	if err != nil || first.status != http.StatusOK {
		l.t.Errorf("code: %d %s, %v", first.status, first.Error, err)
		return
	}
	l.spent = append(l.spent, code)
	token := first.Refresh
	for range 2 {
		// Whoever gets no answer asks again, and gets the one successor there is.
		next, ok := l.again(func() (said, error) { return l.refresh(token) })
		if !ok || next.status != http.StatusOK {
			l.t.Errorf("refresh: %d %s", next.status, next.Error)
			return
		}
		token = next.Refresh
	}
	if n%2 == 0 {
		l.live = append(l.live, token)
		return
	}
	if a, ok := l.again(func() (said, error) { return l.revoke(token) }); ok && a.status == http.StatusOK {
		l.revoked = append(l.revoked, token)
	}
}

// settleCode tries a code whose answer was cut: it is good once, or was.
func (l *ledger) settleCode(code string) {
	a, ok := l.again(func() (said, error) { return l.redeem(code) })
	switch {
	case !ok:
	case a.status == http.StatusOK:
		l.spent, l.live = append(l.spent, code), append(l.live, a.Refresh)
	case a.Error != "invalid_grant":
		l.t.Errorf("a code after a crash: %d %s", a.status, a.Error)
	}
}

// audit compares what the relying party was told with what holds now. The codes
// come last: presenting one again ends what it brought.
func (l *ledger) audit() {
	for _, token := range l.live {
		if a, _ := l.refresh(token); a.status != http.StatusOK {
			l.t.Errorf("a token that was given out is refused: %d %s", a.status, a.Error)
		}
	}
	for _, token := range l.revoked {
		if a, _ := l.refresh(token); a.status != http.StatusBadRequest {
			l.t.Errorf("a token whose revocation was confirmed: %d", a.status)
		}
	}
	for _, code := range l.spent {
		if a, _ := l.redeem(code); a.status != http.StatusBadRequest {
			l.t.Errorf("a code that brought tokens: %d", a.status)
		}
	}
}

func TestServe_losesNothingItSaidWhenItIsKilled(t *testing.T) {
	t.Parallel()
	database, owner := storagetest.URL(t)
	s := newSite(t, database)
	server, address := s.serve()
	s.address.Store(address)
	var stop atomic.Bool
	var all sync.WaitGroup
	ledgers, walked := make([]*ledger, 4), make(chan struct{})
	for i := range ledgers {
		l := &ledger{rp: s.rp()}
		l.signIn()
		ledgers[i] = l
		all.Go(func() {
			for n := 0; !stop.Load(); n++ {
				l.walk(n)
				select {
				case walked <- struct{}{}:
				default: // nobody waits for it
				}
			}
		})
	}
	for i := range *crashes {
		for range i % 2 * 2 * len(ledgers) { // every second life is long enough to get something done
			select {
			case <-walked:
			case <-time.After(waitLimit):
				t.Fatal("nobody gets anything done")
			}
		}
		<-time.After(time.Duration(rand.IntN(250)) * time.Millisecond) // the moment is any
		server.signal(syscall.SIGKILL)
		if code := server.exit(waitLimit); code != -1 {
			t.Fatalf("exit %d after SIGKILL: %s", code, server.text())
		}
		server, address = s.serve()
		s.address.Store(address)
	}
	stop.Store(true)
	all.Wait()
	conn := storagetest.Owner(t, owner)
	holds(t, conn)
	answers, cuts, spent, revoked := 0, 0, 0, 0
	for _, l := range ledgers {
		l.audit()
		answers, cuts, spent, revoked = answers+l.answers, cuts+l.cuts, spent+len(l.spent), revoked+len(l.revoked)
	}
	holds(t, conn)
	s.ok("audit", "verify")
	t.Logf("%d crashes, %d answers, %d cut; %d codes spent, %d chains revoked", *crashes, answers, cuts, spent, revoked)
	if cuts == 0 || spent == 0 || revoked == 0 {
		t.Errorf("%d cuts, %d codes, %d revocations: this test looked at nothing", cuts, spent, revoked)
	}
}

// opaqueManifest is that of the site with an API whose tokens are rows, and a client that asks for them.
var opaqueManifest = strings.Replace(siteManifest, "    clients:\n", `    resource_servers:
      - {identifier: "https://rows.example", token_format: opaque, scopes: [{name: rows.read}]}
    clients:
      - {client_id: machine, client_secret: `+siteSecret+`, grant_types: [client_credentials], response_types: [], scope: rows.read}
`, 1)

// Tokens that are stored together are on disk together before any of them is given out: GRP-05.
func TestServe_losesNoTokenItGaveWhenItIsKilled(t *testing.T) {
	t.Parallel()
	database, _ := storagetest.URL(t)
	s := newSite(t, database)
	s.ok("apply", "-f", writeFile(t, filepath.Join(s.dir, "site.yaml"), opaqueManifest))
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"rows.read"}}
	given := 0
	for range *crashes {
		server, address := s.serve()
		machine := newRP(t, siteIssuer, "machine", siteSecret, at(address))
		var all sync.WaitGroup
		tokens := make(chan string, 1<<16)
		for range 24 { // more than a transaction is under way for
			all.Go(func() {
				for {
					a, err := machine.post("/oauth2/token", form)
					switch {
					case errors.Is(err, errCut):
						return
					case err != nil || a.status != http.StatusOK || a.Access == "":
						t.Errorf("client credentials: %d %s, %v", a.status, a.Error, err)
						return
					}
					tokens <- a.Access
				}
			})
		}
		<-time.After(300*time.Millisecond + time.Duration(rand.IntN(300))*time.Millisecond) // the moment is any
		server.signal(syscall.SIGKILL)
		server.exit(waitLimit)
		all.Wait()
		close(tokens)
		server, address = s.serve()
		machine = newRP(t, siteIssuer, "machine", siteSecret, at(address))
		for token := range tokens {
			given++
			if a, err := machine.post("/oauth2/introspect", url.Values{"token": {token}}); err != nil || !a.Active {
				t.Fatalf("a token that was given out: %+v, %v", a, err)
			}
		}
		server.signal(syscall.SIGTERM)
		server.exit(waitLimit)
	}
	if t.Logf("%d tokens", given); given < 24**crashes {
		t.Errorf("%d tokens: this test looked at nothing", given)
	}
}
