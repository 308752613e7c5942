package plintotest

import (
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"plinto/organization"
	"plinto/tenant"
)

// rotating passes requests on to a server. One with the token "fuzz" gets that of the next of many
// clients instead, so that no limit of one caller ends what one machine sends.
func rotating(t *testing.T, s *Server) string {
	t.Helper()
	scopes := make([]string, len(organization.Permissions))
	for i, p := range organization.Permissions {
		scopes[i] = string(p)
	}
	tokens := make([]string, 64)
	for i := range tokens {
		tokens[i] = s.managementToken(strings.Join(scopes, " "))
	}
	to, err := url.Parse(s.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	var next atomic.Int64
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Transport: s.HTTP().Transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			if r.In.Header.Get("Authorization") == "Bearer fuzz" {
				r.Out.Header.Set("Authorization", "Bearer "+tokens[int(next.Add(1))%len(tokens)])
			}
		},
	})
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// checks are what schemathesis has to find held: no error of the server, and no status, media type,
// header or body that the contract does not have; nothing taken that the contract refuses; nothing
// served without a token. That everything is taken that fits the contract is not among them: it does
// not say that an address must be one, or that a name is free.
const checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance," +
	"negative_data_rejection,unsupported_method,ignored_auth,use_after_free"

// The contract, as a stranger's tool reads it, holds for what that tool makes of it. make fuzz-api.
func TestManagement_holdsItsContractAgainstSchemathesis(t *testing.T) {
	t.Parallel()
	cases := os.Getenv("PLINTO_FUZZ_API")
	if cases == "" {
		t.Skip("it takes minutes: make fuzz-api runs it")
	}
	schemathesis, err := filepath.Abs(filepath.Join(".venv", "bin", "schemathesis"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(schemathesis); err != nil {
		t.Fatalf("schemathesis is not installed (make setup does it): %v", err)
	}
	s := Start(t)
	fuzz(t, s, schemathesis, cases, "user.created", "--exclude-path-regex", "^/tenants")
	operators := *s // the same server, by the issuer of its operators
	operators.Tenant = s.NewTenant(tenant.SystemSlug, "", tenant.Settings{})
	fuzz(t, &operators, schemathesis, cases, "tenant.created", "--include-path-regex", "^/tenants")
}

// fuzz runs schemathesis against the API of the server's tenant. made is an event that has to come of it:
// what was never let in would pass too.
func fuzz(t *testing.T, s *Server, schemathesis, cases, made string, args ...string) {
	t.Helper()
	at := rotating(t, s)
	hooks, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), schemathesis, append([]string{
		"--config-file", filepath.Join(hooks, "schemathesis.toml"), "run", at + "/admin/docs/openapi.json",
		"--url", at + "/admin/v1", "-H", "Authorization: Bearer fuzz", "-n", cases, "--checks", checks,
		"--suppress-health-check", "all", "--continue-on-failure", "--no-color",
	}, args...)...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "SCHEMATHESIS_HOOKS=schemathesis_hooks", "PYTHONPATH="+hooks, "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	said := string(out)
	if err != nil {
		t.Errorf("%v\n%s", err, said)
	}
	var n int
	if err := s.Owner.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE type = $1`, made).Scan(&n); err != nil || n == 0 {
		t.Errorf("no %s: %v", made, err)
	}
	t.Logf("%d %s\n%s", n, made, strings.Join(regexp.MustCompile(`(?m)^.*(\d+ generated|Seed: \d+|[Oo]perations:|phase|passed).*$`).FindAllString(said, -1), "\n"))
}
