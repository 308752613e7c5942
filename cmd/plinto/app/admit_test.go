package app

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plinto/internal/admission"
	"plinto/tenant"
)

// gated is an app with one place.
func gated() *App {
	return &App{parts: &parts{}, gate: admission.New(admission.Options{Places: 1}, prometheus.NewRegistry())}
}

func request(t *testing.T, path string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://id.example.com"+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.RemoteAddr = "192.0.2.1:1234"
	return r
}

func (a *App) enters(t *testing.T, r *http.Request) func() {
	t.Helper()
	_, done, err := a.admit(r.Context(), r, r.URL.Path, &tenant.Tenant{})
	if err != nil {
		t.Fatalf("%s: %v", r.URL.Path, err)
	}
	return done
}

// Who sends slowly holds no place: a form is read before, and what is longer without one.
func TestAdmit_slowBodiesHoldNoPlace_MPR_05(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := gated()
		here, there := io.Pipe()
		long, more := io.Pipe()
		slow := request(t, "/login", here)
		began := make(chan struct{})
		go func() {
			close(began)
			done := a.enters(t, slow)
			body, err := io.ReadAll(slow.Body)
			if err != nil || string(body) != "username=alice" {
				t.Errorf("read %q, %v", body, err)
			}
			done()
		}()
		<-began
		_, _ = there.Write([]byte("username="))
		a.enters(t, request(t, "/login", strings.NewReader("whole")))() // while the form is on its way
		_, _ = there.Write([]byte("alice"))
		_ = there.Close()
		synctest.Wait()

		upload := request(t, "/admin/v1/users", long)
		go func() { _, _ = more.Write([]byte(strings.Repeat("x", bodyAhead+1))) }()
		done := a.enters(t, upload)
		rest := make(chan error, 1)
		go func() {
			body, err := io.ReadAll(upload.Body)
			if len(body) != bodyAhead+2 {
				t.Errorf("read %d bytes", len(body))
			}
			rest <- err
		}()
		synctest.Wait()
		a.enters(t, request(t, "/login", http.NoBody))() // while the rest is on its way
		_, _ = more.Write([]byte("y"))
		_ = more.CloseWithError(io.ErrUnexpectedEOF)
		if err := <-rest; !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("what reading failed with is not told: %v", err)
		}
		done()
	})
}

// A file is not read before it is known who sends it, and whoever reads it holds no place: a stranger may call it a form, which is read
// to find the token.
func TestAdmit_slowFilesHoldNoPlace_MPR_05(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := gated()
		here, there := io.Pipe()
		file := request(t, "/admin/v1/users/import", here)
		done := a.enters(t, file) // nothing was sent yet
		read := make(chan string, 1)
		go func() {
			body, err := io.ReadAll(file.Body)
			if err != nil {
				t.Error(err)
			}
			read <- string(body)
		}()
		synctest.Wait()
		a.enters(t, request(t, "/login", http.NoBody))() // while the file is on its way
		_, _ = there.Write([]byte("{}"))
		_ = there.Close()
		if got := <-read; got != "{}" {
			t.Errorf("read %q", got)
		}
		done()
	})
}

// What is answered from memory needs no place; what is refused is told to whoever reads.
func TestAdmit_documentsNeedNoPlace_MPR_01(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := gated()
		done := a.enters(t, request(t, "/oauth2/token", http.NoBody))
		a.enters(t, request(t, "/.well-known/jwks.json", http.NoBody))()
		began := time.Now()
		r := request(t, "/oauth2/token", http.NoBody)
		if _, _, err := a.admit(r.Context(), r, r.URL.Path, &tenant.Tenant{}); !errors.Is(err, admission.ErrOverloaded) {
			t.Errorf("the second one after %v: %v", time.Since(began), err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := a.admit(gone, r, r.URL.Path, &tenant.Tenant{}); !errors.Is(err, context.Canceled) {
			t.Errorf("who is gone: %v", err)
		}
		done()
	})
}
