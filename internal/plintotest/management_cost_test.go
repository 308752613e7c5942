package plintotest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"plinto/internal/testservice"
)

// managed sends a request of the management API, with an Idempotency-Key where it is a POST.
func (s *Server) managed(method, path, token, body, key string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.Issuer()+"/admin/v1"+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", key)
	}
	res, err := s.HTTP().Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode >= http.StatusBadRequest {
		s.t.Fatalf("%s %s: %d", method, path, res.StatusCode)
	}
}

// The token, the name of the request, the user, its event, its audit row and the answer that is kept: what
// belongs together travels together. Each token is a new one, of which nothing is in memory.
func TestManagement_costsFewRoundTrips(t *testing.T) {
	t.Parallel()
	sql := &testservice.Statements{}
	s := Start(t, Options{Tracer: sql})
	ann := s.User("ann@example.com")
	n := 0
	fresh := func() string { return s.managementToken("users:read users:write") }
	token := fresh()
	next := func() { token = fresh() }
	s.settle()
	for _, c := range []aCost{
		{name: "create", statements: 6, trips: 4, before: next, do: func() {
			n++
			s.managed(http.MethodPost, "/users", token, fmt.Sprintf(`{"email": "u%d@example.com"}`, n), fmt.Sprint(n))
		}},
		{name: "get", statements: 2, trips: 2, before: next, do: func() { s.managed(http.MethodGet, "/users/"+ann.PublicID(), token, "", "") }},
		{name: "list of 100", statements: 2, trips: 2, before: next, do: func() { s.managed(http.MethodGet, "/users?limit=100", token, "", "") }},
		{name: "search", statements: 2, trips: 2, before: next, do: func() { s.managed(http.MethodGet, "/users?search=example", token, "", "") }},
	} {
		sent, trips := fewest(sql, c)
		if len(sent) > c.statements || trips > c.trips {
			t.Errorf("%s: %d statements in %d round trips, want at most %d in %d:\n%s", c.name, len(sent), trips, c.statements, c.trips, strings.Join(sent, "\n"))
		}
		t.Logf("%s: %d statements, %d round trips", c.name, len(sent), trips)
	}
}
