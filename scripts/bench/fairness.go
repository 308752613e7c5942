package main

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// The load of the tenant that is measured, and of the one that is attacked, on average.
// The machine must be able to bear the sum: what is measured is who waits, not whether
// there are processors enough.
const (
	signInEvery    = 125 * time.Millisecond
	tokenEvery     = 10 * time.Millisecond
	guessEvery     = 20 * time.Millisecond // more than one slot can hash
	guessers       = 64                    // requests of one /48 that wait at once
	slowClients    = 8
	slowEvery      = 50 * time.Millisecond
	fairnessRounds = 5
	// warmUp is not measured. An attack that begins has a burst of guesses before its
	// network is stopped.
	warmUp = 5 * time.Second
)

// fairness prints how long tenant bench waits, calm and while tenant attacked is
// guessed at from one IPv6 /48 and its clients' key servers and request objects do
// not answer, in turns.
func (w *world) fairness(ctx context.Context, each time.Duration) error {
	held := &silence{listener: w.silent}
	go held.accept()
	defer held.stop()
	calm, attacked := &waits{}, &waits{}
	var guessed, refused int64
	for range fairnessRounds {
		if err := w.warm(ctx, each, calm); err != nil {
			return err
		}
		attack, err := startOther(ctx, "attack", w.issuer, w.silent.Addr().String())
		if err != nil {
			return err
		}
		failed := w.warm(ctx, each, attacked)
		a, b, err := attack.stop()
		if err = cmp.Or(failed, err); err != nil {
			return err
		}
		guessed, refused = guessed+a, refused+b
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "calm p50\tp99\tattacked p50\tp99 ms\tp99 moves by\t  ")
	row := func(name string, a, b []waited) {
		p50, p99, after50, after99 := middle(a, 50), middle(a, 99), middle(b, 50), middle(b, 99)
		fmt.Fprintf(table, "%.1f\t%.1f\t%.1f\t%.1f\t%+.0f %%\t  %s\n", milliseconds(p50), milliseconds(p99),
			milliseconds(after50), milliseconds(after99), 100*(float64(after99)/float64(p99)-1), name)
	}
	row("sign-in", calm.signIns, attacked.signIns)
	row("token", calm.tokens, attacked.tokens)
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Printf("\nmedians of %d rounds in turns; attack: %d guesses (%d of them answered with 429), and requests for keys and objects of silent servers\n",
		fairnessRounds, guessed, refused)
	if n := calm.failures + attacked.failures; n > 0 {
		return fmt.Errorf("%d requests of the tenant that was not attacked failed", n)
	}
	return nil
}

// waited are the latencies of one round.
type waited []time.Duration

type waits struct {
	signIns, tokens []waited
	failures        int
}

// middle is the median over the rounds of a percentile.
func middle(rounds []waited, p int) time.Duration {
	all := make([]time.Duration, len(rounds))
	for i, r := range rounds {
		all[i] = percentile(r, p)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// warm is load after a time that is not measured.
func (w *world) warm(ctx context.Context, each time.Duration, into *waits) error {
	if err := w.load(ctx, warmUp, &waits{}); err != nil {
		return err
	}
	return w.load(ctx, each, into)
}

// load makes requests of the measured tenant, whatever the answers take, and waits for
// the last.
func (w *world) load(ctx context.Context, each time.Duration, into *waits) error {
	signIns := pace(ctx, each, signInEvery, func(i int) error {
		b := newBrowser(i)
		defer b.close()
		b.from = fmt.Sprintf("198.51.%d.%d", i%users, 1+i%users)
		_, err := w.signIn(ctx, b, "id_token")
		return err
	})
	tokens := pace(ctx, each, tokenEvery, w.tokenOf(ctx, "opaque.read"))
	s, t := <-signIns, <-tokens
	into.signIns, into.tokens = append(into.signIns, s.took), append(into.tokens, t.took)
	into.failures += s.failures + t.failures
	return cmp.Or(ctx.Err(), s.first, t.first)
}

// tokenOf asks for a token of a scope.
func (w *world) tokenOf(ctx context.Context, scope string) func(int) error {
	m := machineCaller("")
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}
	return func(int) error {
		_, err := m.member(ctx, w.issuer+"/oauth2/token", form, "access_token")
		return err
	}
}

type paced struct {
	took     waited
	failures int
	first    error // the first failure
}

// pace starts do at that rate on average, as people come who know nothing of each other
// (a Poisson process), the same in every round, and tells what each took.
func pace(ctx context.Context, each, every time.Duration, do func(i int) error) <-chan paced {
	told := make(chan paced, 1)
	go func() {
		var p paced
		var mu sync.Mutex
		var all sync.WaitGroup
		random := mathrand.New(mathrand.NewPCG(1, uint64(every))) //nolint:gosec // the same arrivals in every round
		next := time.NewTimer(0)
		defer next.Stop()
		began, at := time.Now(), time.Duration(0)
		for i := 0; at < each && ctx.Err() == nil; i++ {
			<-next.C
			due := began.Add(at)
			all.Go(func() {
				err := do(i)
				mu.Lock()
				defer mu.Unlock()
				p.took = append(p.took, time.Since(due))
				if err != nil {
					p.failures++
					p.first = cmp.Or(p.first, err)
				}
			})
			at += time.Duration(random.ExpFloat64() * float64(every))
			next.Reset(time.Until(began.Add(at)))
		}
		all.Wait()
		told <- p
	}()
	return told
}

// A silence is a server that takes connections and says nothing.
type silence struct {
	listener net.Listener
	held     sync.Map // connections
}

func (s *silence) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.held.Store(conn, nil)
	}
}

func (s *silence) stop() {
	_ = s.listener.Close()
	s.held.Range(func(conn, _ any) bool { _ = conn.(net.Conn).Close(); return true })
}

// An attack is what is done to the other tenant.
type attack struct {
	issuer           string
	silent           string // address of a server that says nothing
	key              *ecdsa.PrivateKey
	guessed, refused atomic.Int64
}

// newAttack is on the second tenant of a server.
func newAttack(ctx context.Context, server, silent string) (*attack, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	a := &attack{issuer: server + "/t/attacked", silent: silent, key: key}
	c := newCaller("", "")
	defer c.http.CloseIdleConnections()
	if got, err := c.send(ctx, a.issuer+"/.well-known/openid-configuration", nil, ""); err != nil || got.status != http.StatusOK {
		return nil, errors.Join(errors.New("the other tenant does not answer"), err)
	}
	return a, nil
}

// run attacks until ctx ends.
func (a *attack) run(ctx context.Context) {
	const long = time.Hour // ctx ends it
	free := make(chan *browser, guessers)
	for i := range guessers {
		b := newBrowser(i)
		b.from = fmt.Sprintf("2001:db8:1:%x::%x", 1+i%8, 1+i)
		free <- b
	}
	guessing := pace(ctx, long, guessEvery, func(int) error {
		select {
		case b := <-free:
			a.guess(ctx, b)
			free <- b
		default: // all of them wait
		}
		return nil
	})
	busy := make(chan struct{}, 4*slowClients)
	slow := pace(ctx, long, slowEvery, func(i int) error {
		select {
		case busy <- struct{}{}:
			a.ask(ctx, i)
			<-busy
		default:
		}
		return nil
	})
	<-guessing
	<-slow
}

// guess tries a password that is wrong, for names that exist and names that do not.
func (a *attack) guess(ctx context.Context, b *browser) {
	b.forget()
	page, err := b.send(ctx, a.issuer+"/oauth2/authorize?"+url.Values{
		"client_id": {"web"}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid"},
		"state": {"state"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}.Encode(), nil, "")
	if err != nil || page.location == "" {
		return
	}
	address := page.location
	if page, err = b.send(ctx, address, nil, ""); err != nil {
		return
	}
	address, form, err := fill(page.body, address, b.user)
	if err != nil {
		return
	}
	form.Set("password", "wrong "+rand.Text())
	answered, err := b.send(ctx, address, form, "")
	if err != nil {
		return
	}
	a.guessed.Add(1)
	if answered.status == http.StatusTooManyRequests {
		a.refused.Add(1)
	}
}

// ask makes the server fetch keys, or a request object, that do not come.
func (a *attack) ask(ctx context.Context, i int) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	id := fmt.Sprintf("slow%d", i%slowClients)
	c := newCaller("", "")
	defer c.http.CloseIdleConnections()
	if i/slowClients%2 == 0 {
		_, _ = c.send(ctx, a.issuer+"/oauth2/authorize?"+url.Values{ // it is not to be answered well
			"client_id": {id}, "request_uri": {"https://" + a.silent + "/object"},
		}.Encode(), nil, "")
		return
	}
	assertion, err := a.assertion(id)
	if err != nil {
		return
	}
	_, _ = c.send(ctx, a.issuer+"/oauth2/token", url.Values{
		"grant_type": {"client_credentials"}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	}, "")
}

func (a *attack) assertion(id string) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: a.key, KeyID: rand.Text()}}, nil)
	if err != nil {
		return "", err
	}
	now := time.Now()
	return jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: id, Subject: id, Audience: jwt.Audience{a.issuer}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(time.Minute)),
	}).Serialize()
}
