package admin_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"plinto/admin"
	"plinto/internal/plintotest"
	"plinto/organization"
	"plinto/provider"
	"plinto/tenant"
)

// A world is a server with a client that has every right.
type world struct {
	*plintotest.Server
	t     *testing.T
	token string
}

func newWorld(t *testing.T, opts ...plintotest.Options) *world {
	t.Helper()
	w := &world{Server: plintotest.Start(t, opts...), t: t}
	w.token = w.tokenFor(w.Tenant, organization.Permissions...)
	return w
}

// tokenFor returns a token of a new client of a tenant, with those rights.
func (w *world) tokenFor(of *tenant.Tenant, permissions ...organization.Permission) string {
	w.t.Helper()
	return w.tokenOf(of, "", permissions...)
}

// tokenOf is tokenFor of a client with that client_id; "" for any.
func (w *world) tokenOf(of *tenant.Tenant, clientID string, permissions ...organization.Permission) string {
	w.t.Helper()
	scopes := make([]string, len(permissions))
	for i, p := range permissions {
		scopes[i] = string(p)
	}
	resource := provider.ManagementResource(of)
	c, secret := w.ClientIn(of, provider.Metadata{
		GrantTypes: []string{provider.GrantClientCredentials}, Resources: []string{resource}, Scope: strings.Join(scopes, " "),
	}, func(c *provider.Client) {
		if clientID != "" {
			c.ClientID = clientID
		}
	})
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {strings.Join(scopes, " ")}, "resource": {resource}}
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, of.Issuer+"/oauth2/token", strings.NewReader(form.Encode()))
	must(w.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(c.ClientID, secret)
	res, err := w.HTTP().Do(r)
	must(w.t, err)
	defer res.Body.Close()
	var got struct {
		Token string `json:"access_token"`
	}
	body, _ := io.ReadAll(res.Body)
	if json.Unmarshal(body, &got); got.Token == "" {
		w.t.Fatalf("no token: %s", body)
	}
	return got.Token
}

// An answer is what the API said.
type answer struct {
	t      *testing.T
	Status int
	Header http.Header
	Body   map[string]any
	raw    []byte
}

// A request is what is sent.
type request struct {
	method, path string
	body         any // nil: none; string: as it is; else as JSON
	header       map[string]string
	token        string // "": the world's; "none": none
}

func (w *world) send(q request) *answer {
	w.t.Helper()
	var body io.Reader
	switch b := q.body.(type) {
	case nil:
	case string:
		body = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		must(w.t, err)
		body = bytes.NewReader(text)
	}
	address := q.path
	if !strings.HasPrefix(address, "https:") {
		address = w.Issuer() + "/admin/v1" + q.path
	}
	r, err := http.NewRequestWithContext(w.t.Context(), q.method, address, body)
	must(w.t, err)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
		if q.body == onePixel {
			r.Header.Set("Content-Type", "image/png")
		}
	}
	token := q.token
	if token == "" {
		token = w.token
	}
	if token != "none" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for name, value := range q.header {
		r.Header.Set(name, value)
	}
	res, err := w.HTTP().Do(r)
	must(w.t, err)
	defer res.Body.Close()
	a := &answer{t: w.t, Status: res.StatusCode, Header: res.Header}
	a.raw, err = io.ReadAll(res.Body)
	must(w.t, err)
	if len(a.raw) > 0 && a.Header.Get("Content-Type") != "application/x-ndjson" {
		if err := json.Unmarshal(a.raw, &a.Body); err != nil {
			w.t.Fatalf("%s %s: %d, no JSON: %s", q.method, q.path, a.Status, a.raw)
		}
	}
	w.conforms(q, a)
	return a
}

var contract = func() *admin.Contract {
	c, err := admin.ReadContract()
	if err != nil {
		panic(err)
	}
	return c
}()

var answers = func() admin.Answers {
	a, err := admin.ReadAnswers(contract)
	if err != nil {
		panic(err)
	}
	return a
}()

// conforms checks every answer of every test against the contract.
func (w *world) conforms(q request, a *answer) {
	w.t.Helper()
	path, _, _ := strings.Cut(q.path, "?")
	if _, below, ok := strings.Cut(path, "/admin/v1"); ok {
		path = below
	}
	if op := contract.Match(q.method, path); op != nil {
		if err := answers.Check(op, a.Status, a.Header.Get("Content-Type"), a.raw); err != nil {
			w.t.Errorf("%s %s: the answer %d %s is not what the contract says: %v", q.method, q.path, a.Status, a.raw, err)
		}
	}
}

func (w *world) get(path string) *answer {
	w.t.Helper()
	return w.send(request{method: "GET", path: path})
}

func (w *world) post(path string, body any) *answer {
	w.t.Helper()
	return w.send(request{method: "POST", path: path, body: body})
}

func (w *world) patch(path string, body any) *answer {
	w.t.Helper()
	return w.send(request{method: "PATCH", path: path, body: body})
}

// is fails unless the answer has that status, and the code when it is a problem.
func (a *answer) is(status int, code ...string) *answer {
	a.t.Helper()
	if a.Status != status || len(code) > 0 && a.Body["code"] != code[0] {
		a.t.Fatalf("got %d %s, want %d %v", a.Status, a.raw, status, code)
	}
	return a
}

func (a *answer) text(name string) string {
	a.t.Helper()
	s, ok := a.Body[name].(string)
	if !ok {
		a.t.Fatalf("no %s in %s", name, a.raw)
	}
	return s
}

// data are the items of a list.
func (a *answer) data() (items []map[string]any) {
	a.t.Helper()
	all, ok := a.Body["data"].([]any)
	if !ok {
		a.t.Fatalf("no list: %s", a.raw)
	}
	for _, i := range all {
		items = append(items, i.(map[string]any))
	}
	return items
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type m = map[string]any

// count asks the database as its owner.
func (w *world) count(sql string) (n int) {
	w.t.Helper()
	must(w.t, w.Owner.QueryRow(w.t.Context(), sql).Scan(&n))
	return n
}
