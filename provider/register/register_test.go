package register_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"plinto/internal/plintotest"
	"plinto/tenant"
)

const path = "/oauth2/register"

// minimal is the least that registers.
const minimal = `{"redirect_uris":["https://rp.example/cb"]}`

// open starts a server on which anybody may register often.
func open(t *testing.T, change ...func(*tenant.Settings)) *plintotest.Server {
	t.Helper()
	settings := tenant.Settings{Registration: tenant.Registration{Mode: tenant.RegistrationOpen, PerHour: 10_000}}
	for _, f := range change {
		f(&settings)
	}
	return plintotest.Start(t, plintotest.Options{Settings: settings})
}

// body sends JSON.
func body(text string) func(*http.Request) {
	return func(r *http.Request) {
		r.Body = io.NopCloser(strings.NewReader(text))
		r.ContentLength = int64(len(text))
		r.Header.Set("Content-Type", "application/json")
	}
}

func bearer(token string) func(*http.Request) {
	return plintotest.With("Authorization", "bearer  "+token)
}

func post(s *plintotest.Server, text string, change ...func(*http.Request)) plintotest.Answer {
	return s.Send(http.MethodPost, path, nil, append([]func(*http.Request){body(text)}, change...)...)
}

// insist is post by a client that comes back when it is told to: whoever waits for a
// connection to the database for half a second gets 503, which a busy machine takes fifty
// requests at once to.
func insist(s *plintotest.Server, text string, change ...func(*http.Request)) plintotest.Answer {
	for {
		a := post(s, text, change...)
		if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
			return a
		}
	}
}

// registered is post that succeeds.
func registered(t *testing.T, s *plintotest.Server, text string, change ...func(*http.Request)) plintotest.Answer {
	t.Helper()
	a := post(s, text, change...)
	if a.StatusCode != http.StatusCreated {
		t.Fatalf("%s: %d %s", text, a.StatusCode, a.Text)
	}
	return a
}

// own is the client's path and its token.
func own(s *plintotest.Server, a plintotest.Answer) (string, string) {
	uri, _ := a.JSON["registration_client_uri"].(string)
	token, _ := a.JSON["registration_access_token"].(string)
	return strings.TrimPrefix(uri, s.Issuer()), token
}
