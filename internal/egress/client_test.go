package egress

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plinto/internal/fault"
)

var someone = Owner{Tenant: "tenant", Kind: Keys, Client: "client"}

func server(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestGet_readsADocument(t *testing.T) {
	t.Parallel()
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%s %s %s", r.Host, r.Header.Get("Accept"), r.Header.Get("Accept-Encoding"))
	})
	got, err := client(t, Options{AllowLoopback: true}).Get(t.Context(), someone, s.URL, "application/json")
	if want := strings.TrimPrefix(s.URL, "http://") + " application/json "; err != nil || string(got) != want {
		t.Errorf("Get() = %q, %v, want %q", got, err, want)
	}
}

// A name can be checked, and point elsewhere a moment later.
func TestClient_refusesAddressesWhenTheyAreDialled(t *testing.T) {
	t.Parallel()
	hit := atomic.Bool{}
	s := server(t, func(http.ResponseWriter, *http.Request) { hit.Store(true) })
	c := client(t, Options{})
	// As if CheckURL had been fooled: the transport alone must refuse.
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(s.URL, "127.0.0.1", "localhost", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.transport.RoundTrip(r)
	if err == nil {
		res.Body.Close()
	}
	if !errors.Is(err, errAddress) || hit.Load() {
		t.Errorf("RoundTrip() = %v, server reached: %v; want errAddress", err, hit.Load())
	}
}

func TestControl_judgesWhatIsDialled(t *testing.T) {
	t.Parallel()
	c := client(t, Options{Deny: []netip.Prefix{netip.MustParsePrefix("8.8.4.0/24")}})
	for address, want := range map[string]bool{
		"8.8.8.8:443": true, "8.8.4.4:443": false, "127.0.0.1:443": false, "[::1]:443": false, "[::ffff:10.0.0.1]:443": false,
		"[fe80::1%eth0]:443": false, "[2606:4700::1111]:443": true, "": false, "/run/docker.sock": false, "example.com:443": false,
	} {
		if got := c.control("tcp", address, nil) == nil; got != want {
			t.Errorf("dialling %q is allowed = %v, want %v", address, got, want)
		}
	}
}

func TestDo_saysNothingAboutOurNetwork(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	plain := server(t, func(http.ResponseWriter, *http.Request) {})
	status := server(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	c := client(t, Options{AllowLoopback: true})
	for name, raw := range map[string]string{
		"closed port": "http://" + closed.Addr().String(),
		"not TLS":     strings.Replace(plain.URL, "http", "https", 1),
		"status":      status.URL,
		"no name":     "https://no-such-host.invalid/",
	} {
		_, err := c.Get(t.Context(), someone, raw, "*/*")
		f, ok := fault.As(err)
		if !ok || !errors.Is(err, ErrUnreachable) || f.Message != ErrUnreachable.Message {
			t.Errorf("%s: Get() = %v, want ErrUnreachable", name, err)
		}
	}
}

func TestClient_followsNoRedirect(t *testing.T) {
	t.Parallel()
	hits := atomic.Int32{}
	inside := server(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	for _, code := range []int{301, 302, 303, 307, 308} {
		s := server(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inside.URL, code) })
		c := client(t, Options{AllowLoopback: true})
		if _, err := c.Get(t.Context(), someone, s.URL, "*/*"); !errors.Is(err, ErrUnreachable) {
			t.Errorf("%d: Get() = %v, want ErrUnreachable", code, err)
		}
		res, err := c.For(someone).HTTP().Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != code {
			t.Errorf("HTTP() answered %d, want the redirect itself, %d", res.StatusCode, code)
		}
	}
	if hits.Load() != 0 {
		t.Errorf("%d redirects were followed", hits.Load())
	}
}

func TestHTTP_refusesURLsToo(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"http://example.com/", "https://127.0.0.1/", "https://[::1]:22/", "https://localhost/"} {
		res, err := client(t, Options{}).For(someone).HTTP().Post(raw, "text/plain", strings.NewReader("x"))
		if err == nil {
			res.Body.Close()
		}
		if !errors.Is(err, ErrURL) {
			t.Errorf("Post(%q) = %v, want ErrURL", raw, err)
		}
	}
}

func TestDo_boundsAnswers(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(make([]byte, 1<<20))
	z.Close()
	answers := map[string]http.HandlerFunc{
		"declared": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1001)) },
		"streamed": func(w http.ResponseWriter, _ *http.Request) {
			for range 100 {
				_, _ = w.Write(make([]byte, 100))
				_ = http.NewResponseController(w).Flush()
			}
		},
		"headers": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 20<<10)) },
		"short":   func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "500") },
	}
	c := client(t, Options{AllowLoopback: true, MaxBody: 1000})
	for name, h := range answers {
		if _, err := c.Get(t.Context(), someone, server(t, h).URL, "*/*"); !errors.Is(err, ErrUnreachable) {
			t.Errorf("%s: Get() = %v, want ErrUnreachable", name, err)
		}
	}
	exact := server(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1000)) })
	if got, err := c.Get(t.Context(), someone, exact.URL, "*/*"); err != nil || len(got) != 1000 {
		t.Errorf("an answer of exactly the limit: %d bytes, %v", len(got), err)
	}
	roomy := client(t, Options{AllowLoopback: true, MaxBody: 100 << 10})
	gzipped := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	})
	if got, err := roomy.Get(t.Context(), someone, gzipped.URL, "*/*"); err != nil || len(got) != bomb.Len() {
		t.Errorf("a compressed answer: %d bytes, %v, want it left compressed", len(got), err)
	}
}

func TestDo_boundsTime(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	drip := server(t, func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).Flush()
		<-release
	})
	defer close(release)
	c := client(t, Options{AllowLoopback: true, Timeout: 50 * time.Millisecond})
	began := time.Now()
	if _, err := c.Get(t.Context(), someone, drip.URL, "*/*"); !errors.Is(err, ErrUnreachable) {
		t.Errorf("Get() = %v, want ErrUnreachable", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("Get() took %v, want about 50ms", took)
	}
}

// One client's slow servers hold up that client's requests of that kind, one kind's
// those of that kind, one tenant's those of that tenant; and requests have an owner.
func TestClient_holdsUpOnlyTheOwnerOfASlowServer(t *testing.T) {
	t.Parallel()
	release, entered := make(chan struct{}), make(chan struct{}, 8)
	slow := server(t, func(http.ResponseWriter, *http.Request) { entered <- struct{}{}; <-release })
	quick := server(t, func(http.ResponseWriter, *http.Request) {})
	c := client(t, Options{AllowLoopback: true, Timeout: time.Minute, Places: Places{All: 6, Tenant: 4, Kind: 3, Client: 2}})
	var group sync.WaitGroup
	hold := func(by Owner, n int) {
		for range n {
			group.Go(func() {
				if _, err := c.Get(t.Context(), by, slow.URL, "*/*"); err != nil {
					t.Errorf("slow Get() = %v", err)
				}
			})
			<-entered
		}
	}
	passes := func(who string, by Owner, want bool) {
		t.Helper()
		if !want {
			gone, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := c.queue.Enter(gone, by.Tenant, string(by.Kind), by.Client); !errors.Is(err, context.Canceled) {
				t.Errorf("a request of %s need not wait: %v", who, err)
			}
			return
		}
		if _, err := c.Get(t.Context(), by, quick.URL, "*/*"); err != nil {
			t.Errorf("Get() of %s = %v", who, err)
		}
	}
	hold(Owner{"a", RequestObjects, "one"}, 2)
	passes("the client", Owner{"a", RequestObjects, "one"}, false)
	passes("another client", Owner{"a", RequestObjects, "two"}, true)
	hold(Owner{"a", RequestObjects, "two"}, 1)
	passes("a third client", Owner{"a", RequestObjects, "three"}, false)
	passes("the client for something else", Owner{"a", Keys, "one"}, true)
	hold(Owner{"a", Logout, ""}, 1)
	passes("the tenant for something else", Owner{"a", Keys, "one"}, false)
	passes("another tenant", Owner{"b", RequestObjects, "one"}, true)
	close(release)
	group.Wait()
	for _, nobody := range []Owner{{}, {Tenant: "a"}, {Kind: Keys}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v makes requests", nobody)
				}
			}()
			c.For(nobody)
		}()
	}
}

func TestNew_trustsAnotherAuthority(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of the client that does not trust it
	s.StartTLS()
	t.Cleanup(s.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	content := "\xef\xbb\xbf" + string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})) // as Notepad saves it
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := client(t, Options{AllowLoopback: true}).Get(t.Context(), someone, s.URL, "*/*"); !errors.Is(err, ErrUnreachable) {
		t.Errorf("Get() from an unknown authority = %v, want ErrUnreachable", err)
	}
	if _, err := client(t, Options{AllowLoopback: true, CAFile: file}).Get(t.Context(), someone, s.URL, "*/*"); err != nil {
		t.Errorf("Get() from the added authority = %v", err)
	}
	if err := os.WriteFile(file, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, file + ".none"} {
		if _, err := New(Options{CAFile: name}); err == nil {
			t.Errorf("New() with %s succeeds", filepath.Base(name))
		}
	}
}

func TestRoundTrip_closesTheBodyOfARefusedRequest(t *testing.T) {
	t.Parallel()
	b := &closeNoter{Reader: strings.NewReader("x")}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://127.0.0.1/", b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client(t, Options{}).For(someone).Do(r); !errors.Is(err, ErrURL) || !b.closed {
		t.Errorf("Do() = %v, body closed: %v", err, b.closed)
	}
}

type closeNoter struct {
	io.Reader
	closed bool
}

func (c *closeNoter) Close() error { c.closed = true; return nil }

// SSR-08: no header of a request steers it anywhere.
func TestDo_letsTheURLAloneDecideWhereItGoes(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 1)
	s := server(t, func(_ http.ResponseWriter, r *http.Request) { asked <- r.Host })
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "metadata.internal"
	if _, err := client(t, Options{AllowLoopback: true}).For(someone).Do(r); err != nil {
		t.Fatal(err)
	}
	if got := <-asked; "http://"+got != s.URL {
		t.Errorf("the server was asked for %q", got)
	}
}

func TestClient_tellsWhatBecameOfRequests(t *testing.T) {
	t.Parallel()
	s := server(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	var seen []string
	c := client(t, Options{AllowLoopback: true, Observe: func(kind Kind, outcome string) { seen = append(seen, string(kind)+" "+outcome) }})
	for _, address := range []string{s.URL, "https://10.0.0.1/", "ftp://example.com/"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.For(Owner{Tenant: "t", Kind: Webhooks}).Do(r)
	}
	if want := []string{"webhooks 4xx", "webhooks blocked", "webhooks blocked"}; !slices.Equal(seen, want) {
		t.Errorf("got %q, want %q", seen, want)
	}
}
