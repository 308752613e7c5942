package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// An rp is a relying party with a user who is signed in, and the browser of both.
// It finds every host at one address, which may change.
type rp struct {
	t       *testing.T
	http    *http.Client
	issuer  string
	client  string
	secret  string
	address *atomic.Value // string
}

const (
	rpCallback = "https://rp.example/cb"
	rpScope    = "openid offline_access"
	verifier   = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge  = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// errCut is a connection that ended before the answer: what was asked may have
// been done.
var errCut = errors.New("the connection was cut")

func newRP(t *testing.T, issuer, client, secret string, address *atomic.Value) *rp {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address.Load().(string))
	}}
	t.Cleanup(transport.CloseIdleConnections)
	stop := func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), rpCallback) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &rp{
		t: t, issuer: issuer, client: client, secret: secret, address: address,
		http: &http.Client{Jar: jar, Transport: transport, Timeout: waitLimit, CheckRedirect: stop},
	}
}

// authorizeURL asks for a code.
func (r *rp) authorizeURL() string {
	return r.issuer + "/oauth2/authorize?" + url.Values{
		"client_id": {r.client}, "redirect_uri": {rpCallback}, "response_type": {"code"}, "scope": {rpScope},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}.Encode()
}

// signIn signs the user in by the forms.
func (r *rp) signIn() {
	r.t.Helper()
	r.signInAs(demoUser)
}

func (r *rp) signInAs(user string) {
	r.t.Helper()
	v := &visitor{t: r.t, http: r.http}
	page := v.open(r.authorizeURL()).click("submit", map[string]string{"username": user, "password": demoPassword})
	if page.status != http.StatusSeeOther && page.status != http.StatusFound {
		r.t.Fatalf("not signed in: %d at %s: %s", page.status, page.at, page.Find("main").Text())
	}
}

// code gets a code for the signed-in user.
func (r *rp) code() (string, error) {
	res, err := r.http.Get(r.authorizeURL())
	if err != nil {
		return "", errCut
	}
	defer res.Body.Close()
	at, err := res.Location()
	if err != nil || at.Query().Get("code") == "" {
		return "", fmt.Errorf("no code: %d, to %v", res.StatusCode, at)
	}
	return at.Query().Get("code"), nil
}

// A said is an answer of the token endpoint or its like.
type said struct {
	status  int
	retry   string // Retry-After
	Refresh string `json:"refresh_token"`
	Access  string `json:"access_token"`
	ID      string `json:"id_token"`
	Error   string `json:"error"`
	Active  bool   `json:"active"`
}

func (r *rp) post(path string, form url.Values) (said, error) {
	req, err := http.NewRequest(http.MethodPost, r.issuer+path, strings.NewReader(form.Encode()))
	if err != nil {
		return said{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(r.client), url.QueryEscape(r.secret))
	res, err := r.http.Do(req)
	if err != nil {
		return said{}, errCut
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return said{}, errCut
	}
	a := said{status: res.StatusCode, retry: res.Header.Get("Retry-After")}
	if len(body) > 0 {
		err = json.Unmarshal(body, &a)
	}
	return a, err
}

func (r *rp) redeem(code string) (said, error) {
	return r.post("/oauth2/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {rpCallback}, "code_verifier": {verifier},
	})
}

func (r *rp) refresh(token string) (said, error) {
	return r.post("/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
}

func (r *rp) revoke(token string) (said, error) {
	return r.post("/oauth2/revoke", url.Values{"token": {token}})
}

// at is an address that stays.
func at(address string) *atomic.Value {
	var v atomic.Value
	v.Store(address)
	return &v
}

// headerOf returns the header of a JWT, nil of anything else.
func headerOf(token string) map[string]any {
	first, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil {
		return nil
	}
	var header map[string]any
	if json.Unmarshal(raw, &header) != nil {
		return nil
	}
	return header
}

// invariants are statements that find what must never be.
var invariants = map[string]string{
	"a code brought two chains of refresh tokens": `
		SELECT r.grant_id::text FROM refresh_tokens r
		WHERE NOT EXISTS (SELECT FROM refresh_tokens p WHERE p.successor_hash = r.hash)
		GROUP BY r.grant_id HAVING count(*) > 1`,
	"a code was spent, and its tokens are not there": `
		SELECT c.grant_id::text FROM codes c WHERE c.spent_at IS NOT NULL
			AND NOT EXISTS (SELECT FROM refresh_tokens r WHERE r.grant_id = c.grant_id)`,
	"tokens are there, and their code is not spent": `
		SELECT c.grant_id::text FROM codes c JOIN refresh_tokens r USING (tenant_id, grant_id) WHERE c.spent_at IS NULL`,
	"a refresh token succeeds two": `
		SELECT encode(successor_hash, 'hex') FROM refresh_tokens WHERE successor_hash IS NOT NULL
		GROUP BY 1 HAVING count(*) > 1`,
	"a refresh token was used, and its successor is not there": `
		SELECT encode(r.hash, 'hex') FROM refresh_tokens r WHERE r.used_at IS NOT NULL
			AND NOT EXISTS (SELECT FROM refresh_tokens n WHERE n.hash = r.successor_hash)`,
	"a grant was revoked, and no audit row says so": `
		SELECT g.id::text FROM grants g WHERE g.revoked_at IS NOT NULL
			AND NOT EXISTS (SELECT FROM audit_log a WHERE a.type IN ('grant.revoked', 'code.reuse_detected', 'token.reuse_detected') AND a.data ->> 'grant_id' = g.id::text)`,
	"an audit row says that a grant was revoked, and it was not": `
		SELECT a.id::text FROM audit_log a JOIN grants g ON g.id::text = a.data ->> 'grant_id'
		WHERE g.revoked_at IS NULL AND a.type IN ('grant.revoked', 'code.reuse_detected', 'token.reuse_detected')`,
	"a session is there, and no audit row tells of it": `
		SELECT s.id::text FROM sessions s WHERE NOT EXISTS (
			SELECT FROM audit_log a WHERE a.type = 'session.created' AND a.data ->> 'session_id' = s.id::text)`,
	"an event has no audit row": `
		SELECT e.id::text FROM events e WHERE NOT EXISTS (SELECT FROM audit_log a WHERE a.id = e.id)`,
	"an event is there, and no job to tell of it": `
		SELECT e.id::text FROM events e WHERE NOT EXISTS (SELECT FROM river_job j WHERE j.args ->> 'event_id' = e.id::text)`,
	"a job is there, and not the event to tell of": `
		SELECT j.id::text FROM river_job j WHERE j.kind = 'event' AND NOT EXISTS (SELECT FROM events e WHERE e.id::text = j.args ->> 'event_id')`,
	"a sign-in from a new browser has no job that could tell the user": `
		SELECT a.id::text FROM audit_log a WHERE a.type = 'authentication.succeeded' AND (a.data -> 'new_device')::bool
			AND NOT EXISTS (SELECT FROM river_job j WHERE j.args ->> 'event_id' = a.id::text)`,
	"an audit row is neither sealed nor waiting, or both": `
		SELECT a.id::text FROM audit_log a WHERE (EXISTS (SELECT FROM audit_leaves l WHERE l.tenant_id = a.tenant_id AND l.id = a.id))
			= (EXISTS (SELECT FROM audit_pending p WHERE p.tenant_id = a.tenant_id AND p.id = a.id))`,
	"a seal or a note is of no audit row": `
		SELECT id::text FROM (SELECT tenant_id, id FROM audit_leaves UNION ALL SELECT tenant_id, id FROM audit_pending) s
		WHERE NOT EXISTS (SELECT FROM audit_log a WHERE a.tenant_id = s.tenant_id AND a.id = s.id)`,
	"a row is in another tenant than its parent": `
		SELECT c.grant_id::text FROM codes c JOIN grants g ON g.id = c.grant_id WHERE g.tenant_id <> c.tenant_id`,
}

// holds checks the invariants.
func holds(t *testing.T, owner *pgx.Conn) {
	t.Helper()
	for name, sql := range invariants {
		rows, _ := owner.Query(t.Context(), sql) // the error is also in rows
		broken, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(broken) > 0 {
			t.Errorf("%s: %d, %s", name, len(broken), broken[0])
		}
	}
}
