package breach_test

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"plinto/internal/breach"
	"plinto/internal/breaker"
	"plinto/internal/egress"
)

func digest(password string) string {
	sum := sha1.Sum([]byte(password))
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// listed is a file of n passwords "leaked 0", "leaked 1", …
func listed(n int, end string) string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("%s:%d", digest(fmt.Sprint("leaked ", i)), 1+i*i*i)
	}
	slices.Sort(lines)
	return strings.Join(lines, end)
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pwned.txt")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFile_findsEveryLineAndNoOther(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		lines   int
		content string
	}{
		"one":               {1, listed(1, "\n")},
		"two":               {2, listed(2, "\n") + "\n"},
		"many":              {3000, listed(3000, "\n")},
		"as from Windows":   {3000, listed(3000, "\r\n") + "\r\n"},
		"in small letters":  {500, strings.ToLower(listed(500, "\n"))},
		"without any count": {1, digest("leaked 0") + "\n"},
	} {
		f, err := breach.Open(write(t, tt.content))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range tt.lines {
			if ok, err := f.Has(sha1.Sum([]byte(fmt.Sprint("leaked ", i)))); !ok || err != nil {
				t.Fatalf("%s: entry %d: %v, %v", name, i, ok, err)
			}
			if ok, err := f.Has(sha1.Sum([]byte(fmt.Sprint("not leaked ", i)))); ok || err != nil {
				t.Fatalf("%s: another one: %v, %v", name, ok, err)
			}
		}
		for _, edge := range [][sha1.Size]byte{{}, {0xff, 0xff, 0xff, 0xff}} {
			if ok, err := f.Has(edge); ok || err != nil {
				t.Errorf("%s: at the edge: %v, %v", name, ok, err)
			}
		}
	}
}

func TestOpen_refusesWhatItCannotSearch(t *testing.T) {
	t.Parallel()
	lines := strings.Split(listed(1000, "\n"), "\n")
	slices.Reverse(lines)
	for name, content := range map[string]string{
		"nothing": "", "passwords": strings.Repeat("password\n", 100), "by count": strings.Join(lines, "\n"),
		"one long line": strings.Repeat("A", 5000), "other hashes": strings.Repeat(strings.Repeat("A", 64)+":1\n", 10),
	} {
		if _, err := breach.Open(write(t, content)); err == nil {
			t.Errorf("%s: is opened", name)
		}
	}
	if _, err := breach.Open(filepath.Join(t.TempDir(), "absent")); err == nil {
		t.Error("a file that is not there is opened")
	}
}

// service is a fake of the range service, which knows one password.
func service(t *testing.T, known string, ask func(w http.ResponseWriter, r *http.Request) bool) *breach.Ranges {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ask != nil && !ask(w, r) {
			return
		}
		fmt.Fprintf(w, "0018A45C4D1DEF81644B54AB7F969B88D65:3\r\n")
		if prefix := strings.TrimPrefix(r.URL.Path, "/range/"); digest(known)[:5] == prefix {
			fmt.Fprintf(w, "%s:42\r\n", digest(known)[5:])
		}
		fmt.Fprintf(w, "%s:0\r\n", digest("padding")[5:])
	}))
	t.Cleanup(server.Close)
	client, err := egress.New(egress.Options{AllowLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	return &breach.Ranges{
		URL: server.URL + "/range/", Transport: client.For(egress.Owner{Tenant: "operator", Kind: egress.Breaches}),
		Breaker: breaker.NewSet(prometheus.NewRegistry()).New(breaker.Options{Name: "breaches", Timeout: time.Second, Failures: 3}),
	}
}

func TestRanges_tellTheServiceFiveDigitsOnly(t *testing.T) {
	t.Parallel()
	var asked atomic.Value
	ranges := service(t, "hunter2", func(_ http.ResponseWriter, r *http.Request) bool {
		body, _ := io.ReadAll(r.Body)
		asked.Store(r.Method + " " + r.URL.String() + " " + r.Header.Get("Add-Padding") + string(body))
		return true
	})
	l := breach.New(nil, ranges, prometheus.NewRegistry())
	for password, want := range map[string]bool{"hunter2": true, "hunter3": false, "padding": false} {
		if got := l.Leaked(t.Context(), password); got != want {
			t.Errorf("%q leaked: %v, want %v", password, got, want)
		}
		if want := "GET /range/" + digest(password)[:5] + " true"; asked.Load() != want {
			t.Errorf("asked %q, want %q", asked.Load(), want)
		}
	}
}

// PWD-22: nobody is kept out by a service that fails.
func TestList_goesOnWithoutTheService(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"an error": func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusTooManyRequests)
			return false
		},
		"a redirect": func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "/", http.StatusFound)
			return false
		},
		"another page": func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, "<html>hello</html>"); return false },
		"too much": func(w http.ResponseWriter, _ *http.Request) bool {
			fmt.Fprint(w, strings.Repeat(strings.Repeat("A", 35)+":1\n", 40_000))
			return false
		},
	} {
		calls.Store(0)
		l := breach.New(nil, service(t, "hunter2", func(w http.ResponseWriter, r *http.Request) bool { calls.Add(1); return answer(w, r) }), prometheus.NewRegistry())
		for range 5 {
			if l.Leaked(t.Context(), "hunter2") {
				t.Errorf("%s: counts as leaked", name)
			}
		}
		if calls.Load() != 3 {
			t.Errorf("%s: called %d times, want that the breaker opens after 3", name, calls.Load())
		}
	}
}

// A hanging transport answers when its request is given up.
type hanging struct{}

func (hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestRanges_waitsOnlySoLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		l := breach.New(nil, &breach.Ranges{
			URL: "https://api.example/range/", Transport: hanging{},
			Breaker: breaker.NewSet(prometheus.NewRegistry()).New(breaker.Options{Name: "breaches", Timeout: time.Second}),
		}, prometheus.NewRegistry())
		if l.Leaked(t.Context(), "hunter2") || time.Since(began) != time.Second {
			t.Errorf("answered after %v, want after a second that it is not known", time.Since(began))
		}
	})
}

func TestList_asksTheServiceForWhatTheFileDoesNotHave(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	file, err := breach.Open(write(t, listed(10, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	r := prometheus.NewRegistry()
	l := breach.New(file, service(t, "hunter2", func(http.ResponseWriter, *http.Request) bool { calls.Add(1); return true }), r)
	for password, want := range map[string]bool{"leaked 7": true, "hunter2": true, "unknown": false} {
		if got := l.Leaked(t.Context(), password); got != want {
			t.Errorf("%q leaked: %v, want %v", password, got, want)
		}
	}
	if calls.Load() != 2 {
		t.Errorf("the service was asked %d times, want 2", calls.Load())
	}
	want := `
# HELP plinto_breached_password_checks_total How often a list of breached passwords was asked.
# TYPE plinto_breached_password_checks_total counter
plinto_breached_password_checks_total{outcome="found",source="file"} 1
plinto_breached_password_checks_total{outcome="found",source="service"} 1
plinto_breached_password_checks_total{outcome="unknown",source="file"} 2
plinto_breached_password_checks_total{outcome="unknown",source="service"} 1
`
	if err := testutil.GatherAndCompare(r, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

func BenchmarkFile(b *testing.B) {
	path := filepath.Join(b.TempDir(), "pwned.txt")
	if err := os.WriteFile(path, []byte(listed(200_000, "\n")), 0o600); err != nil {
		b.Fatal(err)
	}
	f, err := breach.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	hash := sha1.Sum([]byte("leaked 4711"))
	for b.Loop() {
		if ok, err := f.Has(hash); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}
