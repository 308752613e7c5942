package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"plinto/storage/storagetest"
)

// A front is a balancer as there are many: it asks each server whether it is ready, sends each request to the next
// one that is, and to another where no connection could be made. A request that was sent is not repeated. Where none is
// ready, as on a machine that is too busy to say so, it asks those that never said that they stop.
type front struct {
	t    *testing.T
	mu   sync.Mutex
	all  []*backend
	next int
	// cut counts requests whose connection ended before the answer, where the server was not killed.
	cut  atomic.Int64
	none atomic.Int64 // requests that found no server
}

// A backend is a server as a front sees it.
type backend struct {
	*process
	address string
	ready   atomic.Bool
	stops   atomic.Bool  // it was told to
	flying  atomic.Int64 // requests that were sent and not answered yet
	killed  atomic.Bool
	lost    atomic.Int64 // requests that were sent before it was killed, and not answered
	client  *http.Client
}

// newFront serves until the test ends, and returns where.
func newFront(t *testing.T) (f *front, address string) {
	f = &front{t: t}
	server := http.Server{Handler: f, ReadHeaderTimeout: waitLimit}
	ln := listen(t)
	go func() { _ = server.Serve(ln) }()
	t.Cleanup(func() { _ = server.Close() })
	return f, ln.Addr().String()
}

// add has the front use one more server, once it is ready.
func (f *front) add(p *process, address string) *backend {
	f.t.Helper()
	// A connection for each request: none is found dead only when a request is on it.
	transport := &http.Transport{DisableKeepAlives: true}
	b := &backend{process: p, address: address, client: &http.Client{
		Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	f.mu.Lock()
	f.all = append(f.all, b)
	f.mu.Unlock()
	go b.probe()
	eventually(f.t, "the server is ready", b.ready.Load)
	return b
}

// probe asks whether the server is ready until it has ended.
func (b *backend) probe() {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		res, err := b.client.Get("http://" + b.address + "/readyz")
		b.ready.Store(err == nil && res.Body.Close() == nil && res.StatusCode == http.StatusOK)
		select {
		case <-b.exited:
			b.ready.Store(false)
			return
		case <-tick.C:
		}
	}
}

// kill ends a server as the kernel does that needs its memory.
func (b *backend) kill() {
	b.killed.Store(true)
	b.signal(syscall.SIGKILL)
	<-b.exited
}

// candidates are the servers that are ready, the next one first, or those that may only be slow to say so.
func (f *front) candidates() []*backend {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	at := f.next % len(f.all)
	turn := append(slices.Clone(f.all[at:]), f.all[:at]...)
	ready := slices.DeleteFunc(slices.Clone(turn), func(b *backend) bool { return !b.ready.Load() })
	if len(ready) > 0 {
		return ready
	}
	return slices.DeleteFunc(turn, func(b *backend) bool { return b.killed.Load() || b.stops.Load() })
}

// ServeHTTP implements http.Handler.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for _, b := range f.candidates() {
		var dial *net.OpError
		b.flying.Add(1)
		err := b.send(w, r, body)
		lost := err != nil && (!errors.As(err, &dial) || dial.Op != "dial") && b.killed.Load()
		if lost {
			b.lost.Add(1)
		}
		b.flying.Add(-1)
		switch {
		case err == nil:
			return
		case errors.As(err, &dial) && dial.Op == "dial":
			continue
		case lost:
		default:
			f.cut.Add(1)
			f.t.Errorf("%s %s: %v, by a server that was not killed", r.Method, r.URL.Path, err)
		}
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	f.none.Add(1)
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(http.StatusGatewayTimeout)
}

func (b *backend) send(w http.ResponseWriter, r *http.Request, body []byte) error {
	q := r.Clone(r.Context())
	q.RequestURI, q.URL.Scheme, q.URL.Host, q.Body = "", "http", b.address, io.NopCloser(bytes.NewReader(body))
	res, err := b.client.Do(q)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	for name, values := range res.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(res.StatusCode)
	_, _ = w.Write(answer) // the client may be gone
	return nil
}

// persist refreshes a chain of tokens and gets tokens for the client until stop. What was cut, or found no server, is
// asked for again with the same token; everything else has to work.
func (r *rp) persist(token string, stop *atomic.Bool, done *atomic.Int64) {
	for !stop.Load() {
		for _, form := range []url.Values{
			{"grant_type": {"refresh_token"}, "refresh_token": {token}},
			{"grant_type": {"client_credentials"}},
		} {
			a, err := r.post("/oauth2/token", form)
			switch {
			case err != nil:
				r.t.Errorf("%s: %v", form.Get("grant_type"), err)
				return
			case a.status == http.StatusOK:
				done.Add(1)
				if a.Refresh != "" {
					token = a.Refresh
				}
			case a.status == http.StatusBadGateway, a.status == http.StatusGatewayTimeout, // the front counts them
				a.status == http.StatusServiceUnavailable && a.retry != "": // the machine has other work
				<-time.After(20 * time.Millisecond) // until the next server is there
			default:
				r.t.Errorf("%s: %d %s", form.Get("grant_type"), a.status, a.Error)
				return
			}
		}
	}
}

// However many servers there are: one that is killed takes with it what it was answering, one that is told to stop
// nothing, and the others go on. None of them is special: each is ended once. With many crashes it tries four servers too.
func TestServers_loseOnlyWhatAKilledOneWasAnswering_MPR_04(t *testing.T) {
	t.Parallel()
	servers := []int{1, 2}
	if *crashes >= manyCrashes {
		servers = append(servers, 4)
	}
	for _, n := range servers {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			database, owner := storagetest.URL(t)
			s := newSite(t, database)
			const drain = "PLINTO_DRAIN_DELAY=3s" // more than a busy machine takes to look whether it is ready
			f, address := newFront(t)
			for range n {
				f.add(s.serve(drain))
			}
			s.address.Store(address)
			var stop atomic.Bool
			var done atomic.Int64
			var all sync.WaitGroup
			for range 3 {
				r := s.rp()
				r.signIn()
				first := r.tokens()
				all.Go(func() { r.persist(first.Refresh, &stop, &done) })
			}
			goesOn := func() {
				t.Helper()
				before := done.Load()
				eventually(t, "requests are answered", func() bool { return done.Load() > before+20 })
			}
			goesOn()
			for i := range n { // each of the first ones
				f.mu.Lock()
				b := f.all[i]
				f.mu.Unlock()
				if i%2 == 0 {
					f.loses(b, n, goesOn)
					f.add(s.serve(drain))
				} else {
					f.add(s.serve(drain))
					f.stops(b)
				}
				goesOn()
			}
			f.add(s.serve(drain))
			f.stops(f.all[n]) // with one server alone, the other way to end one as well
			goesOn()
			stop.Store(true)
			all.Wait()
			holds(t, storagetest.Owner(t, owner))
			t.Logf("%d requests were answered, %d found no server", done.Load(), f.none.Load())
		})
	}
}

// loses kills a server while it answers something.
func (f *front) loses(b *backend, n int, goesOn func()) {
	f.t.Helper()
	eventually(f.t, "the server answers something", func() bool { return b.flying.Load() > 0 })
	b.kill()
	eventually(f.t, "what it was answering is known to be lost", func() bool { return b.flying.Load() == 0 })
	none, lost := f.none.Load(), b.lost.Load()
	if n > 1 {
		goesOn()
		if f.none.Load() > none {
			f.t.Errorf("%d requests found no server, although others were there", f.none.Load()-none)
		}
	}
	if now := b.lost.Load(); now > lost {
		f.t.Errorf("%d requests were lost that came after the server had ended", now-lost)
	}
}

// stops tells a server to stop, and wants it to do so.
func (f *front) stops(b *backend) {
	f.t.Helper()
	before := f.none.Load()
	b.stops.Store(true)
	b.signal(syscall.SIGTERM)
	if code := b.exit(waitLimit); code != exitOK {
		f.t.Errorf("exit %d: %s", code, b.text())
	}
	if f.none.Load() > before {
		f.t.Errorf("%d requests found no server while one drained", f.none.Load()-before)
	}
}
