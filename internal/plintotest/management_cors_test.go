package plintotest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"plinto/internal/chromium"
	"plinto/provider"
)

// managementToken returns a token of a new client with those rights in the management API.
func (s *Server) managementToken(scope string) string {
	s.t.Helper()
	resource := s.Issuer() + "/admin/v1"
	c, secret := s.Client(provider.Metadata{GrantTypes: []string{provider.GrantClientCredentials}, Resources: []string{resource}, Scope: scope})
	a := s.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "scope": {scope}, "resource": {resource}}, As(c, secret))
	token, _ := a.JSON["access_token"].(string)
	if token == "" {
		s.t.Fatalf("no token: %d %s", a.StatusCode, a.Text)
	}
	return token
}

// callFromAPage creates, reads and changes a user, and is refused, as the script of a page does.
const callFromAPage = `(async (api, token) => {
	const call = async (method, path, body, headers = {}) => {
		const r = await fetch(api + path, {method, headers: {Authorization: "Bearer " + token, "Content-Type": "application/json", ...headers}, body: body && JSON.stringify(body)});
		return {status: r.status, etag: r.headers.get("ETag"), location: r.headers.get("Location"), limit: r.headers.get("RateLimit"),
			replayed: r.headers.get("Idempotent-Replayed"), id: r.headers.get("Request-Id"), body: await r.json()};
	};
	const made = await call("POST", "/users", {email: "ann@example.com"}, {"Idempotency-Key": "k"});
	const again = await call("POST", "/users", {email: "ann@example.com"}, {"Idempotency-Key": "k"});
	const read = await call("GET", "/users/" + made.body.id);
	const changed = await call("PATCH", "/users/" + made.body.id, {username: "ann"}, {"If-Match": read.etag});
	const stale = await call("PATCH", "/users/" + made.body.id, {username: "bob"}, {"If-Match": read.etag});
	token = "none";
	const refused = await call("GET", "/users");
	return JSON.stringify({made, again, read, changed, stale, refused});
})`

// A page of any origin calls the API with a token, and reads what it needs of the answers.
func TestManagement_isCalledByAPageOfAnotherOriginInChromium(t *testing.T) {
	t.Parallel()
	s := Start(t)
	token := s.managementToken("users:read users:write")
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!DOCTYPE html><title>Page</title>"))
	}))
	t.Cleanup(site.Close)
	ctx := chromium.Start(t, time.Minute)
	if err := chromedp.Do(ctx, chromedp.Navigate(site.URL)); err != nil {
		t.Fatal(err)
	}
	arguments, err := json.Marshal([]string{s.Issuer() + "/admin/v1", token})
	if err != nil {
		t.Fatal(err)
	}
	said, err := chromedp.Run(ctx, chromedp.Evaluate[string](callFromAPage+"(..."+string(arguments)+")", chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("in the page: %v", err)
	}
	type answer struct {
		Status                              int
		ETag, Location, Limit, Replayed, ID string
		Body                                struct{ Code, ID, Username string }
	}
	var got struct{ Made, Again, Read, Changed, Stale, Refused answer }
	if err := json.Unmarshal([]byte(said), &got); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if m := got.Made; m.Status != 201 || m.ETag == "" || !strings.HasSuffix(m.Location, "/users/"+m.Body.ID) || m.Limit == "" || m.ID == "" {
		t.Errorf("created: %+v", m)
	}
	if a := got.Again; a.Replayed != "true" || a.Body.ID != got.Made.Body.ID {
		t.Errorf("created again: %+v", a)
	}
	if got.Read.Status != 200 || got.Read.ETag != got.Made.ETag || got.Changed.Status != 200 || got.Changed.Body.Username != "ann" || got.Changed.ETag == got.Read.ETag {
		t.Errorf("read %+v, changed %+v", got.Read, got.Changed)
	}
	if got.Stale.Status != 412 || got.Stale.Body.Code != "precondition_failed" || got.Refused.Status != 401 || got.Refused.Body.Code != "invalid_token" {
		t.Errorf("stale %+v, refused %+v", got.Stale, got.Refused)
	}
}
