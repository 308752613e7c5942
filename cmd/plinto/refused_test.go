package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"plinto/storage/storagetest"
)

// A refusedRow is what plinto audit list says of a refusal.
type refusedRow struct {
	Subject string          `json:"subject"`
	Outcome string          `json:"outcome"`
	Reason  string          `json:"reason"`
	Data    json.RawMessage `json:"data"`
}

// text is the data without blanks, and the reason.
func (r *refusedRow) text(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, r.Data); err != nil {
		t.Fatal(err)
	}
	return b.String() + " " + r.Reason
}

func TestRefusals_ofClientsAreInTheAuditLog(t *testing.T) {
	t.Parallel()
	database, _ := storagetest.URL(t)
	s := newSite(t, database)
	_, address := s.serve()
	s.address.Store(address)
	r := s.rp()
	v := &visitor{t: t, http: r.http}
	s.ok("tenant", "create", "other")
	s.ok("tenant", "create", "closed")
	s.ok("apply", "-f", writeFile(t, filepath.Join(s.dir, "open.yaml"), "owner: site.yaml\ntenants: [{slug: acme, name: Acme, settings: {refresh_grace: 10m, registration: {mode: token}}}]\n"))
	code := url.Values{"grant_type": {"authorization_code"}, "code": {"plinto_ac_wrong"}, "redirect_uri": {rpCallback}, "code_verifier": {verifier}}
	r.tokenRequest("wrong", code)
	r.tokenRequest("wrong", code)
	r.tokenRequest(siteSecret, code)
	v.open(r.with(url.Values{"redirect_uri": {"https://evil.example/"}}))
	for _, issuer := range []string{r.issuer, strings.Replace(r.issuer, "acme", "closed", 1)} {
		req, err := http.NewRequest(http.MethodPost, issuer+"/oauth2/register", strings.NewReader(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer plinto_it_wrong")
		v.do(req)
	}
	for _, want := range []struct{ tenant, kind, reason, subject, data string }{
		{"acme", "client_authentication.failed", "wrong_secret", siteClient, `"method":"client_secret_basic"`},
		{"acme", "request.refused", "code_unknown", siteClient, `"endpoint":"token"`},
		{"acme", "request.refused", "invalid_redirect_uri", siteClient, `"endpoint":"authorization"`},
		{"acme", "request.refused", "initial_token_unknown", "", `"endpoint":"registration"`},
		{"closed", "request.refused", "registration_off", "", `"endpoint":"registration"`},
	} {
		var of []refusedRow
		eventually(t, want.reason+" is in the audit log", func() bool {
			var all []refusedRow
			of = nil
			s.into(&all, "audit", "list", "--tenant", want.tenant, "--type", want.kind, "--outcome", "failure")
			for _, row := range all {
				if row.Reason == want.reason {
					of = append(of, row)
				}
			}
			return len(of) > 0
		})
		if len(of) != 1 || of[0].Subject != want.subject || !strings.Contains(of[0].text(t), want.data) {
			t.Errorf("%s: got %+v, want one row of %q with %s", want.reason, of, want.subject, want.data)
		}
	}
	var elsewhere []refusedRow
	if s.into(&elsewhere, "audit", "list", "--tenant", "other", "--outcome", "failure"); len(elsewhere) > 0 {
		t.Errorf("another tenant's log has %+v", elsewhere)
	}
}

func TestRefusals_ofCommandsAreInTheAuditLog(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.ok("tenant", "create", "system")
	x.refused(exitFailed, "public host", "webhook", "create", "http://127.0.0.1/", "--events", "*", "--tenant", "acme")
	x.refused(exitFailed, "there is no webhook endpoint", "webhook", "show", "nonsense", "--tenant", "acme") // nothing was to be done
	x.refused(exitFailed, "", "tenant", "create", "acme")
	file := writeFile(t, filepath.Join(t.TempDir(), "plinto.yaml"), "tenants:\n  - slug: acme\n    name: Acme\n"+
		"    organizations: [{slug: o, name: O, members: [{email: nobody@example.com, roles: [owner]}]}]\n")
	x.refused(exitFailed, "", "apply", "-f", file)
	for slug, want := range map[string][]string{
		"acme":   {`{"command":"webhook create"} invalid_webhook_url`},
		"system": {`{"command":"apply"} manifest_invalid`, `{"command":"tenant create"} tenant_slug_taken`},
	} {
		var rows []refusedRow
		x.into(&rows, "audit", "list", "--tenant", slug, "--type", "command.refused")
		var got []string
		for i := range rows {
			got = append(got, rows[i].text(t))
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", slug, got, want)
		}
	}
}
