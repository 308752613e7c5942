package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oapi-codegen/nullable"
	"golang.org/x/oauth2"

	"plinto/client"
)

// A script answers requests one after the other.
type script struct {
	answers []any // *http.Response or error
	keys    []string
	bodies  []string
	waits   []time.Duration
	tenants []string // that requests name
}

// RoundTrip implements http.RoundTripper.
func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.keys = append(s.keys, r.Header.Get("Idempotency-Key"))
	s.tenants = append(s.tenants, r.Header.Get("Plinto-Tenant"))
	if r.Body != nil {
		body, _ := io.ReadAll(r.Body)
		s.bodies = append(s.bodies, string(body))
	}
	next := s.answers[0]
	s.answers = s.answers[1:]
	if err, ok := next.(error); ok {
		return nil, err
	}
	return next.(*http.Response), nil
}

func (s *script) wait(_ context.Context, d time.Duration) error {
	s.waits = append(s.waits, d)
	return nil
}

func (s *script) api(t *testing.T, options ...client.Option) *client.ClientWithResponses {
	t.Helper()
	options = append(options, client.WithTransport(s), client.WithWait(s.wait))
	api, err := client.New("https://auth.example.com/admin/v1", oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "x"}), options...)
	if err != nil {
		t.Fatal(err)
	}
	return api
}

func says(status int, body string, header ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/problem+json"}}
	if status < 300 {
		h.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

const someone = `{"object":"user","id":"user_1","blocked":false,"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}`

func TestClient_actsInTheTenantThatItIsFor(t *testing.T) {
	t.Parallel()
	for tenant, options := range map[string][]client.Option{"": nil, "acme": {client.InTenant("acme")}} {
		s := &script{answers: []any{says(429, `{}`, "Retry-After", "1"), says(200, someone)}}
		if _, err := s.api(t, options...).GetUserWithResponse(t.Context(), "user_1"); err != nil {
			t.Fatal(err)
		}
		if len(s.tenants) != 2 || s.tenants[0] != tenant || s.tenants[1] != tenant {
			t.Errorf("requests name %q, want %q each", s.tenants, tenant)
		}
	}
}

func TestClient_sendsAgainUnderTheSameName(t *testing.T) {
	t.Parallel()
	s := &script{answers: []any{
		says(429, `{"code":"rate_limited","status":429}`, "Retry-After", "7"), says(503, `no JSON`), errors.New("connection lost"),
		says(409, `{"code":"idempotency_key_in_progress","status":409}`), says(201, someone),
	}}
	made, err := s.api(t).CreateUserWithResponse(t.Context(), nil, client.UserCreate{Email: nullable.NewNullableWithValue("ann@example.com")})
	if err != nil || made.JSON201.ID != "user_1" {
		t.Fatalf("got %+v, %v", made, err)
	}
	for i := range s.keys {
		if s.keys[i] == "" || s.keys[i] != s.keys[0] || s.bodies[i] != `{"email":"ann@example.com"}` {
			t.Errorf("request %d: key %q, body %q", i, s.keys[i], s.bodies[i])
		}
	}
	if len(s.waits) != 4 || s.waits[0] != 7*time.Second || s.waits[1] <= 0 || s.waits[1] > time.Second {
		t.Errorf("waited %v", s.waits)
	}
}

func TestClient_sendsNothingAgainThatMayHaveBeenDone(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection lost")
	s := &script{answers: []any{lost}}
	if _, err := s.api(t).UpdateUserWithResponse(t.Context(), "user_1", nil, client.UserPatch{}); !errors.Is(err, lost) || len(s.waits) != 0 {
		t.Errorf("a change without If-Match: %v after %v", err, s.waits)
	}
	s = &script{answers: []any{lost, says(200, someone)}}
	if _, err := s.api(t).UpdateUserWithResponse(t.Context(), "user_1", &client.UpdateUserParams{IfMatch: new(`"1"`)}, client.UserPatch{}); err != nil {
		t.Errorf("a change with If-Match: %v", err)
	}
	for _, status := range []int{302, 400, 401, 403, 404, 409, 412, 422, 500} {
		s = &script{answers: []any{says(status, `{"code":"x"}`)}}
		_, err := s.api(t).GetUserWithResponse(t.Context(), "user_1")
		if refused := refusal(t, err); int(refused.Status) != status || refused.Code != "x" {
			t.Errorf("%d: got %+v", status, refused)
		}
	}
}

func TestClient_givesUp(t *testing.T) {
	t.Parallel()
	s := &script{}
	for range 5 {
		s.answers = append(s.answers, says(503, `{"code":"unavailable"}`))
	}
	if _, err := s.api(t).GetUserWithResponse(t.Context(), "user_1"); refusal(t, err).Code != "unavailable" || len(s.waits) != 4 {
		t.Errorf("got %v after %v", err, s.waits)
	}
	s = &script{answers: []any{says(429, `{"code":"rate_limited"}`, "Retry-After", "3600")}}
	if _, err := s.api(t).GetUserWithResponse(t.Context(), "user_1"); refusal(t, err).Header.Get("Retry-After") != "3600" || len(s.waits) != 0 {
		t.Errorf("an hour is not waited for: got %v after %v", err, s.waits)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s = &script{answers: []any{says(503, `{"code":"unavailable"}`)}}
	if _, err := s.api(t).GetUserWithResponse(ctx, "user_1"); err == nil || len(s.waits) != 0 {
		t.Errorf("got %v after %v", err, s.waits)
	}
}
