package admin_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"plinto/internal/idempotency"
	"plinto/internal/plintotest"
	"plinto/internal/secret"
	"plinto/organization"
	"plinto/tenant"
)

// users counts the users of the world's tenant.
func (w *world) users() float64 {
	w.t.Helper()
	return w.get("/users?count=true&limit=1").is(200).Body["total_count"].(float64)
}

func TestRequests_badInputIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	for name, c := range map[string]struct {
		body    string
		status  int
		code    string
		pointer string
	}{
		"unknown member":     {`{"email":"a@example.com","admin":true}`, 400, "invalid_body", "/admin"},
		"unknown inside":     {`{"email":"a@example.com","profile":{"x":1}}`, 400, "invalid_body", "/profile/x"},
		"wrong type":         {`{"email":7}`, 400, "invalid_body", "/email"},
		"text for a boolean": {`{"email":"a@example.com","email_verified":"true"}`, 400, "invalid_body", "/email_verified"},
		"too long":           {`{"email":"` + strings.Repeat("a", 400) + `"}`, 400, "invalid_body", "/email"},
		"pattern":            {`{"email":"a@example.com","phone_number":"12"}`, 400, "invalid_body", "/phone_number"},
		"twice":              {`{"email":"a@example.com","email":"b@example.com"}`, 400, "malformed_json", ""},
		"text after it":      {`{"email":"a@example.com"} {}`, 400, "malformed_json", ""},
		"NUL":                {`{"email":"a@example.com","username":"a\u0000b"}`, 400, "malformed_json", ""},
		"no UTF-8":           {"{\"email\":\"a@example.com\",\"username\":\"\xff\"}", 400, "malformed_json", ""},
		"half a pair":        {`{"email":"a@example.com","username":"\ud800"}`, 400, "malformed_json", ""},
		"a list":             {`[{"email":"a@example.com"}]`, 400, "malformed_json", ""},
		"deep":               {`{"email":"a@example.com","private_metadata":` + deep + `}`, 400, "malformed_json", ""},
		"large":              {`{"email":"a@example.com","private_metadata":{"x":"` + strings.Repeat("a", 17<<10) + `"}}`, 400, "invalid_body", "/private_metadata"},
		"nothing":            {``, 400, "malformed_json", ""},
		"nobody":             {`{}`, 400, "identifier_missing", ""},
		"no address":         {`{"email":"nobody"}`, 400, "invalid_body", "/email"},
	} {
		got := w.post("/users", c.body)
		if got.Status != c.status || got.Body["code"] != c.code {
			t.Errorf("%s: got %d %s, want %d %s", name, got.Status, got.raw, c.status, c.code)
			continue
		}
		if c.pointer != "" && !strings.Contains(string(got.raw), `"pointer":"`+c.pointer+`"`) {
			t.Errorf("%s: got %s, want the pointer %s", name, got.raw, c.pointer)
		}
	}
	for name, header := range map[string]map[string]string{
		"form": {"Content-Type": "application/x-www-form-urlencoded"}, "packed": {"Content-Encoding": "gzip"},
	} {
		if got := w.send(request{method: "POST", path: "/users", body: `{}`, header: header}); got.Status != 415 {
			t.Errorf("%s: got %d", name, got.Status)
		}
	}
	for _, size := range []int{300 << 10, 10 << 20} {
		if got := w.post("/users", `{"email":"`+strings.Repeat("a", size)+`"}`); got.Status != 413 {
			t.Errorf("%d bytes: got %d", size, got.Status)
		}
	}
	for path, code := range map[string]string{
		"/users?limit=0": "invalid_parameters", "/users?limit=101": "invalid_parameters", "/users?limit=x": "invalid_parameters", "/users?limit=1.5": "invalid_parameters",
		"/users?sort=password_hash": "invalid_parameters", "/users?limit=1&limit=2": "", "/users?after=x&before=y": "invalid_parameters", "/users?order=up": "invalid_parameters",
		"/users?after=forged": "invalid_cursor", "/users?after=" + strings.Repeat("A", 80): "invalid_cursor",
	} {
		if got := w.get(path); got.Status != 400 || code != "" && got.Body["code"] != code {
			t.Errorf("%s: got %d %s, want %s", path, got.Status, got.raw, code)
		}
	}
	w.post("/users/"+w.post("/users", m{"username": "one"}).is(201).text("id")+"/recovery-link", `{"expires_in": 600.0}`).is(400, "invalid_body")
	if n := w.users(); n != 1 {
		t.Errorf("%v users were made, want the one that was", n)
	}
}

func TestCursors_areGoodForTheirListAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"a", "b", "c"} {
		w.post("/users", m{"username": name}).is(201)
	}
	cursor := w.get("/users?limit=1").is(200).text("next_cursor")
	w.get("/users?after=" + cursor).is(200)
	w.get("/users?order=asc&after="+cursor).is(400, "invalid_cursor")
	w.get("/users?status=active&after="+cursor).is(400, "invalid_cursor")
	other := w.NewTenant("other", "", tenant.Settings{})
	w.send(request{method: "GET", path: other.Issuer + "/admin/v1/users?after=" + cursor, token: w.tokenFor(other, organization.UsersRead)}).is(400, "invalid_cursor")
}

func TestRequests_needAGoodTokenForThisAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.NewTenant("other", "", tenant.Settings{})
	for name, c := range map[string]struct {
		token, code string
		status      int
	}{
		"none": {"none", "invalid_token", 401}, "no token": {"x", "invalid_token", 401},
		"another tenant's":  {w.tokenFor(other, organization.UsersRead), "invalid_token", 401},
		"without the right": {w.tokenFor(w.Tenant, organization.ClientsRead), "insufficient_scope", 403},
	} {
		got := w.send(request{method: "GET", path: "/users", token: c.token})
		if got.Status != c.status || got.Body["code"] != c.code || got.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: got %d %s %s", name, got.Status, got.raw, got.Header.Get("WWW-Authenticate"))
		}
	}
	if got := w.send(request{method: "GET", path: "/nothing"}); got.Status != 404 || got.Body["code"] != "no_such_route" {
		t.Errorf("got %d %s", got.Status, got.raw)
	}
	if got := w.send(request{method: "PUT", path: "/users"}).is(405, "method_not_allowed"); got.Header.Get("Allow") != "OPTIONS, GET, POST" {
		t.Errorf("allowed are %q", got.Header.Get("Allow"))
	}
	for _, path := range []string{"/users/a%00b", "/users/a%5Cb/sessions", "/users/%FF"} {
		if got := w.send(request{method: "GET", path: path}).is(400, "malformed_path"); got.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: the answer is %s", path, got.Header.Get("Content-Type"))
		}
	}
}

func TestIdempotency_aNamedRequestIsServedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := request{method: "POST", path: "/users", body: m{"email": "ann@example.com"}, header: map[string]string{"Idempotency-Key": "k1"}}
	first := w.send(q).is(201)
	again := w.send(q).is(201)
	if string(again.raw) != string(first.raw) || again.Header.Get("ETag") != first.Header.Get("ETag") || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("first %s, again %s %v", first.raw, again.raw, again.Header)
	}
	q.body = m{"email": "bob@example.com"}
	w.send(q).is(422, "idempotency_key_mismatch")
	q.body, q.header = m{"email": "ann@example.com"}, map[string]string{"Idempotency-Key": "k2"}
	w.send(q).is(409, "email_taken") // and names nothing: what failed may be mended and sent again
	w.send(request{method: "DELETE", path: "/users/" + first.text("id") + "?permanent=true"}).is(204)
	w.send(q).is(201)
	q.token = w.tokenFor(w.Tenant, organization.UsersWrite)
	w.send(q).is(409, "email_taken") // another caller's key is another key
}

func TestIdempotency_ofManyAtOnceOneIsServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var wg sync.WaitGroup
	statuses := make([]int, 12)
	for i := range statuses {
		wg.Go(func() {
			statuses[i] = w.send(request{method: "POST", path: "/registration-tokens", body: m{}, header: map[string]string{"Idempotency-Key": "same"}}).Status
		})
	}
	wg.Wait()
	for _, s := range statuses {
		if s != http.StatusCreated && s != http.StatusConflict {
			t.Errorf("answered %d", s)
		}
	}
	if all := w.get("/registration-tokens").is(200).data(); len(all) != 1 {
		t.Errorf("%d tokens were made", len(all))
	}
	w.send(request{method: "POST", path: "/registration-tokens", body: m{}, header: map[string]string{"Idempotency-Key": "same"}}).is(201)
}

// Of two who serve one request at the same moment the second is told so, and cannot store an answer.
func TestIdempotency_aRequestIsServedByWhoClaimedIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	box, err := secret.NewBox([32]byte{1})
	must(t, err)
	s := &idempotency.Service{Keys: w.Store.IdempotencyKeys, Box: box}
	first, second := idempotency.Named("t", "c", "k", []byte("body")), idempotency.Named("t", "c", "k", []byte("body"))
	_, err = s.Begin(w.In(), first)
	must(t, err)
	if _, err := s.Begin(w.In(), second); !errors.Is(err, idempotency.ErrBusy) {
		t.Errorf("the second began: %v", err)
	}
	finish := func(r *idempotency.Request) error {
		return w.Store.DB.InTx(w.In(), func(ctx context.Context) error { return s.Finish(ctx, r, []byte("answer")) })
	}
	if finish(second) == nil {
		t.Error("the second stored an answer")
	}
	must(t, finish(first))
	if stored, err := s.Begin(w.In(), second); err != nil || string(stored) != "answer" {
		t.Errorf("got %q, %v", stored, err)
	}
}

func TestValidateOnly_answersAndChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.post("/users?validate_only=true", m{"email": "ann@example.com"}).is(201)
	w.get("/users/" + got.text("id")).is(404)
	made := w.post("/users", m{"email": "ann@example.com"}).is(201)
	w.post("/users?validate_only=true", m{"email": "ann@example.com"}).is(409, "email_taken")
	at := "/users/" + made.text("id")
	if got := w.patch(at+"?validate_only=true", m{"username": "ann"}).is(200); got.text("username") != "ann" {
		t.Errorf("got %s", got.raw)
	}
	w.send(request{method: "DELETE", path: at + "?validate_only=true&permanent=true"}).is(204)
	if got := w.get(at).is(200); string(got.raw) != string(made.raw) {
		t.Errorf("was %s, is %s", made.raw, got.raw)
	}
	if w.count(`SELECT count(*) FROM audit_log WHERE type LIKE 'user.%'`) != 1 {
		t.Error("what was only checked is in the audit log")
	}
}

func TestRequests_areLimitedByCaller(t *testing.T) {
	t.Parallel()
	now := time.Now() // which stands still: nothing is given back meanwhile
	w := newWorld(t, plintotest.Options{Now: func() time.Time { return now }})
	got := w.get("/users").is(200)
	if !strings.HasPrefix(got.Header.Get("RateLimit"), `"caller";r=599;`) || got.Header.Get("RateLimit-Policy") == "" {
		t.Errorf("headers: %v", got.Header)
	}
	limited := 0
	busy := w.tokenOf(w.Tenant, "same", organization.UsersRead)
	for range 700 {
		if got := w.send(request{method: "GET", path: "/users/user_x", token: busy}); got.Status == 429 {
			limited++
			if got.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		}
	}
	if limited == 0 {
		t.Error("700 requests at once were served")
	}
	// A caller of the same name in another tenant is another one.
	other := w.NewTenant("other", "", tenant.Settings{})
	same := w.tokenOf(other, "same", organization.UsersRead)
	w.send(request{method: "GET", path: other.Issuer + "/admin/v1/users", token: same}).is(200)
	w.send(request{method: "GET", path: "/users", token: w.tokenFor(w.Tenant, organization.UsersRead)}).is(200)
}

// Numbers that Go has no room for are refused as what they are, before anything else is looked at.
func TestRequests_numbersThatAreTooLargeAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, n := range []string{"9223372036854775808", "-9223372036854775809", "1e300"} {
		got := w.post("/clients", `{"grant_types": ["client_credentials"], "access_token_ttl": `+n+`}`).is(400, "invalid_body")
		if field := got.Body["errors"].([]any)[0].(m); field["pointer"] != "/access_token_ttl" {
			t.Errorf("%s: got %s", n, got.raw)
		}
	}
	w.post("/clients", `{"grant_types": ["client_credentials"], "access_token_ttl": 600}`).is(201)
}
