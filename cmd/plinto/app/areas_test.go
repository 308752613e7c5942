package app_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"plinto/internal/plintotest"
	"plinto/provider"
	"plinto/tenant"
)

// told is what of an answer is the same each time.
type told struct {
	status                         int
	contentType, allow, to, policy string
}

func ask(h http.Handler, host, method, path string) told {
	r := httptest.NewRequest(method, "https://"+host+path, nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	policy, _, _ := strings.Cut(w.Header().Get("Content-Security-Policy"), "'nonce-")
	to, _, _ := strings.Cut(w.Header().Get("Location"), "?")
	return told{w.Code, w.Header().Get("Content-Type"), w.Header().Get("Allow"), to, policy}
}

// {every route} × {every method}: the order in which areas are mounted changes no answer.
func TestAreas_comeInAnyOrder(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t, plintotest.Options{Mail: true, Settings: tenant.Settings{
		SignUp: tenant.SignUp{Enabled: true}, Registration: tenant.Registration{Mode: tenant.RegistrationOpen},
	}})
	here := s.App.Handler()
	reversed, err := s.App.Reversed()
	if err != nil {
		t.Fatal(err)
	}
	_, host, _ := strings.Cut(s.Issuer(), "://")
	routes := s.App.Routes()
	if len(routes) < 25 {
		t.Fatalf("only %d routes", len(routes))
	}
	kinds := map[int]bool{}
	for _, path := range append(routes, "/nothing") {
		path = strings.NewReplacer("{client_id}", "client_x", "{topic}", "users", "{code}", "invalid_body").Replace(path)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"} {
			want, got := ask(here, host, method, path), ask(reversed, host, method, path)
			if got != want {
				t.Errorf("%s %s: %+v, in reverse order %+v", method, path, want, got)
			}
			kinds[want.status] = true
		}
	}
	if !kinds[http.StatusOK] || !kinds[http.StatusNotFound] || !kinds[http.StatusMethodNotAllowed] || kinds[http.StatusInternalServerError] {
		t.Errorf("the answers had the statuses %v", kinds)
	}
}

// A step whose page has no route would end in a page that says there is nothing here.
func TestAreas_haveEveryPageOfAStep(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	routes, found := s.App.Routes(), 0
	for step := provider.StepSignIn; step <= provider.StepRefuse; step++ {
		page := step.Page()
		if page == "" {
			continue
		}
		found++
		if !slices.Contains(routes, page) {
			t.Errorf("step %d has no route for its page %s", step, page)
		}
	}
	if found == 0 {
		t.Error("no step has a page")
	}
}

// RFC 9110 §15.5.6: {every route} × {every method}: 405 comes with the methods that are allowed, and those are.
func TestRoutes_sayWhichMethodsTheyAllow(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t, plintotest.Options{Mail: true, Settings: tenant.Settings{
		SignUp: tenant.SignUp{Enabled: true}, Registration: tenant.Registration{Mode: tenant.RegistrationOpen},
	}})
	_, host, _ := strings.Cut(s.Issuer(), "://")
	refused := map[string]bool{}
	places := slices.Concat(s.App.Routes(), []string{"/assets/style.css", "/admin/v1/users", "/admin/v1/openapi.yaml", "/oauth2/register/x", "/account/x"})
	for _, path := range places {
		path = strings.NewReplacer("{client_id}", "client_x", "{topic}", "users", "{code}", "invalid_body").Replace(path)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} {
			got := ask(s.App.Handler(), host, method, path)
			if got.status != http.StatusMethodNotAllowed {
				continue
			}
			refused[path] = true
			if got.allow == "" {
				t.Errorf("%s %s: 405 without Allow", method, path)
				continue
			}
			for allowed := range strings.SplitSeq(got.allow, ", ") {
				if status := ask(s.App.Handler(), host, allowed, path).status; allowed == method || status == http.StatusMethodNotAllowed {
					t.Errorf("%s %s: Allow %q, but %s is %d", method, path, got.allow, allowed, status)
				}
			}
		}
	}
	if len(refused) < 25 {
		t.Errorf("only %d of %d routes refuse a method", len(refused), len(places))
	}
}
