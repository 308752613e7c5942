package clientauth

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/internal/testworld"
	"plinto/internal/web"
	"plinto/provider"
)

// request authenticates with a form and an Authorization header ("" for none).
func (w *world) request(f web.Form, authorization ...string) (*provider.Client, error) {
	r := &http.Request{Method: http.MethodPost, Header: http.Header{}, URL: &url.URL{RawQuery: "client_id=post&client_secret=x"}}
	for _, a := range authorization {
		r.Header.Add("Authorization", a)
	}
	return w.Authenticate(w.ctx, r, f)
}

func basicAuth(id, plain string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+plain))
}

func authMethod(method string) provider.Metadata {
	m := full()
	m.TokenEndpointAuthMethod = method
	return m
}

// CLI-06, F4–F6: the registered method, and basic and post are one unless the client is
// strict; never two at once; assertions that are none burn nothing.
func TestClientAuth_isByTheRegisteredMethod_F4_F5_F6(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	byBasic, byPost := w.register("basic", authMethod(provider.AuthBasic)), w.register("post", authMethod(provider.AuthPost))
	w.register("none", public())
	byHMAC := w.register("hmac", authMethod(provider.AuthSecretJWT))
	narrow := authMethod(provider.AuthPost)
	narrow.Profile = provider.ProfileStrict
	strict := w.register("strict", narrow)
	off := w.register("off", full(), func(c *provider.Client) { c.DisabledAt = time.Now() })
	jwtBearer := []string{"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", "a.b.c"}
	for _, c := range []struct {
		name   string
		form   web.Form
		header []string
		want   string
	}{
		{"basic", form(), []string{basicAuth("basic", byBasic.Secret)}, ""},
		{"basic and the same client_id", form("client_id", "basic"), []string{basicAuth("basic", byBasic.Secret)}, ""},
		{"basic and another client_id", form("client_id", "none"), []string{basicAuth("basic", byBasic.Secret)}, "invalid_client"},
		{"basic, lower-case scheme", form(), []string{"basic" + basicAuth("basic", byBasic.Secret)[5:]}, ""},
		{"basic, wrong", form(), []string{basicAuth("basic", byBasic.Secret+"x")}, "invalid_client"},
		{"basic, empty", form(), []string{basicAuth("basic", "")}, "invalid_client"},
		{"basic for post", form(), []string{basicAuth("post", byPost.Secret)}, ""},
		{"basic for post, wrong", form(), []string{basicAuth("post", byBasic.Secret)}, "invalid_client"},
		{"basic for strict post", form(), []string{basicAuth("strict", strict.Secret)}, "invalid_client"},
		{"strict post", form("client_id", "strict", "client_secret", strict.Secret), nil, ""},
		{"basic for hmac", form(), []string{basicAuth("hmac", byHMAC.Secret)}, "invalid_client"},
		{"post for hmac", form("client_id", "hmac", "client_secret", byHMAC.Secret), nil, "invalid_client"},
		{"basic for none", form(), []string{basicAuth("none", "")}, "invalid_client"},
		{"post", form("client_id", "post", "client_secret", byPost.Secret), nil, ""},
		{"post for basic", form("client_id", "basic", "client_secret", byBasic.Secret), nil, ""},
		{"post for basic, wrong", form("client_id", "basic", "client_secret", byPost.Secret), nil, "invalid_client"},
		{"post for none", form("client_id", "none", "client_secret", "x"), nil, "invalid_client"},
		{"none", form("client_id", "none"), nil, ""},
		{"none with an empty secret", form("client_id", "none", "client_secret", ""), nil, ""},
		{"none for basic", form("client_id", "basic"), nil, "invalid_client"},
		{"nothing", form(), nil, "invalid_client"},
		{"disabled", form(), []string{basicAuth("off", off.Secret)}, "invalid_client"},
		{"unknown", form(), []string{basicAuth("nobody", byBasic.Secret)}, "invalid_client"},
		{"another's secret", form(), []string{basicAuth("basic", byPost.Secret)}, "invalid_client"},
		{"basic and post", form("client_id", "basic", "client_secret", byBasic.Secret), []string{basicAuth("basic", byBasic.Secret)}, "invalid_request"},
		{"basic twice", form(), []string{basicAuth("basic", byBasic.Secret), basicAuth("basic", byBasic.Secret)}, "invalid_request"},
		{"assertion", form(jwtBearer...), nil, "invalid_client"},
		{"assertion and post", form(append(jwtBearer, "client_id", "post", "client_secret", byPost.Secret)...), nil, "invalid_request"},
		{"bearer", form(), []string{"Bearer x"}, "invalid_client"},
	} {
		_, err := w.request(c.form, c.header...)
		if testworld.ErrorCode(err) != c.want {
			t.Errorf("%s: got %q, want %q", c.name, testworld.ErrorCode(err), c.want)
		}
	}
}

// Who knows the secret is told the method, and nobody else is.
func TestClientAuth_namesTheRegisteredMethodToWhoKnowsTheSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	narrow := authMethod(provider.AuthPost)
	narrow.Profile = provider.ProfileStrict
	hmac, strict := w.register("hmac", authMethod(provider.AuthSecretJWT)), w.register("strict", narrow)
	const nothing = "client authentication failed"
	for _, c := range []struct{ id, plain, want string }{
		{"hmac", hmac.Secret, "the client is registered for client_secret_jwt"},
		{"strict", strict.Secret, "the client is registered for client_secret_post"},
		{"hmac", strict.Secret, nothing},
		{"strict", "", nothing},
		{"nobody", hmac.Secret, nothing},
	} {
		_, err := w.request(form(), basicAuth(c.id, c.plain))
		var o *web.OAuthError
		if !errors.As(err, &o) || o.Code != "invalid_client" || o.Status != http.StatusUnauthorized || o.Description != c.want {
			t.Errorf("%s with %q: %+v, want %q", c.id, c.plain, o, c.want)
		}
	}
}

// An imported client_id or secret may hold colons, and HTTP Basic divides at the first.
func TestClientAuth_findsTheMiddleOfBasic(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keep := func(id, plain string) {
		p := w.register(id, full())
		p.Secrets[0].Hash = w.Secrets.Hash(w.tenant.ID, id, plain)
		p.Version = 1
		must(t, w.store.Clients.ReplaceSecrets(w.ctx, *p.Client))
	}
	const colons = "se:cr:et-0123456"
	keep("urn:app:1", colons)
	keep("urn", "another-secret-01")
	keep("urn:app", "a-third-secret-01")
	for header, want := range map[string]string{
		basicAuth("urn:app:1", colons):                                   "urn:app:1",
		basicAuth(url.QueryEscape("urn:app:1"), url.QueryEscape(colons)): "urn:app:1",
		basicAuth(url.QueryEscape("urn:app:1"), colons):                  "urn:app:1",
		basicAuth("urn", "another-secret-01"):                            "urn",
		basicAuth("urn:app", "a-third-secret-01"):                        "urn:app",
		basicAuth("urn:app", "1:"+colons):                                "urn:app:1",
		basicAuth("urn", colons):                                         "",
		basicAuth("urn:app:1", "another-secret-01"):                      "",
		basicAuth("urn", "app:a-third-secret-01:"):                       "",
		basicAuth("urn", strings.Repeat("app:", 1000)+"1:"+colons):       "",
		basicAuth("", "urn:"+"another-secret-01"):                        "",
	} {
		c, err := w.request(form(), header)
		if got := ""; c != nil {
			got = c.ClientID
			if got != want {
				t.Errorf("%s is %q, want %q", header, got, want)
			}
		} else if want != "" || testworld.ErrorCode(err) != "invalid_client" {
			t.Errorf("%s: %v, want %q", header, err, want)
		}
	}
}

// RFC 6749 §2.3.1 wants both halves form-encoded; many clients send them raw.
func TestClientAuth_readsBasicDecodedAndRaw(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const id, plain = "a+b%20c", "s3cret+with%2Bplus%and a lot more 0123456789"
	p := w.register(id, full())
	p.Secrets[0].Hash = w.Secrets.Hash(w.tenant.ID, id, plain)
	must(t, w.store.Clients.ReplaceSecrets(w.ctx, *w.stored(p, func(c *provider.Client) { c.Secrets = p.Secrets })))
	for name, header := range map[string]string{
		"encoded": basicAuth(url.QueryEscape(id), url.QueryEscape(plain)), "raw": basicAuth(id, plain),
		"id encoded only": basicAuth(url.QueryEscape(id), plain), "after several spaces": strings.Replace(basicAuth(id, plain), "Basic ", "bAsIc   ", 1),
	} {
		if _, err := w.request(form(), header); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := w.request(form(), basicAuth(id, strings.ReplaceAll(plain, "+", " ")))
	wants(t, err, "invalid_client")
}

func TestClientAuth_unknownClientAndWrongSecretGetTheSameAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register("basic", full())
	w.register("off", full(), func(c *provider.Client) { c.DisabledAt = time.Now() })
	w.register("spa", public())
	answer := func(id string) web.OAuthError {
		_, err := w.request(form(), basicAuth(id, "wrong"))
		var o *web.OAuthError
		if !errors.As(err, &o) {
			t.Fatalf("%s: %v", id, err)
		}
		seen := *o
		seen.Cause = nil // only logged
		return seen
	}
	want := answer("basic")
	for _, id := range []string{"nobody", "off", "spa"} {
		if diff := cmp.Diff(want, answer(id)); diff != "" {
			t.Errorf("%s is told apart: %s", id, diff)
		}
	}
	if got := want.Header.Get("WWW-Authenticate"); got != `Basic realm="https://a.example", charset="UTF-8"` {
		t.Errorf("challenge %s", got)
	}
}

// CLI-09, F16: fosite compares with bcrypt, a quarter of a second each.
func TestClientAuth_aWrongSecretCostsNoSlowHash_F16(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("basic", full())
	took := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if w.refuse(w.ctx, p.Client, provider.AuthBasic, []string{"wrong"}) == nil {
				b.Fatal("accepted")
			}
		}
	}).NsPerOp()
	if took > 100_000 {
		t.Errorf("a check takes %d ns", took)
	}
}

// RFC 6749 §2.3.1. Over the limit a right secret looks like a wrong one, or each answer
// would still tell whether a guess was right; and who floods is in nobody else's way.
func TestClientAuth_manyFailuresAreThrottledAndTellNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("basic", full())
	for range 2 * limitClientFailures.Burst {
		_, err := w.request(form(), basicAuth("basic", p.Secret))
		wants(t, err, "")
	}
	elsewhere := event.WithOrigin(w.ctx, func() event.Origin { return event.Origin{IP: "198.51.100.7"} })
	try := func(ctx context.Context, id, plain string) error {
		r := &http.Request{Method: http.MethodPost, Header: http.Header{"Authorization": {basicAuth(id, plain)}}, URL: &url.URL{}}
		_, err := w.Authenticate(ctx, r, form())
		return err
	}
	for _, id := range []string{"basic", "nobody"} {
		counts := map[string]int{}
		for range limitClientFailures.Burst + 5 {
			counts[testworld.ErrorCode(try(w.ctx, id, "wrong"))]++
		}
		if counts["invalid_client"] < limitClientFailures.Burst || counts["too many"] == 0 {
			t.Errorf("%s: got %v", id, counts)
		}
	}
	wrong, right, unknown := try(w.ctx, "basic", "wrong"), try(w.ctx, "basic", p.Secret), try(w.ctx, "nobody", p.Secret)
	for what, err := range map[string]error{"wrong": wrong, "right": right, "unknown": unknown} {
		f, ok := fault.As(err)
		if !ok || f.Kind != fault.TooMany || f.Code != "too_many_failures" || f.RetryAfter <= 0 || f.RetryAfter > time.Minute {
			t.Errorf("%s: %v", what, err)
		}
	}
	if right.Error() != wrong.Error() {
		t.Errorf("a right secret: %v, a wrong one: %v", right, wrong)
	}
	wants(t, try(elsewhere, "basic", p.Secret), "")
	wants(t, try(elsewhere, "basic", "wrong"), "invalid_client")
	wants(t, try(w.ctx, "other", "wrong"), "invalid_client") // another client's failures are its own
	w.later(time.Minute)
	wants(t, try(w.ctx, "basic", p.Secret), "")
}

func TestPauses_areBoundedAndEnd(t *testing.T) {
	t.Parallel()
	var p pauses
	now := time.Now()
	for i := range 2 * maxPauses {
		p.begin(strconv.Itoa(i), now, time.Minute)
	}
	if n := p.count.Load(); n > maxPauses || n < maxPauses/2 {
		t.Errorf("%d pauses are kept", n)
	}
	last := strconv.Itoa(2*maxPauses - 1)
	if p.left(last, now) != time.Minute || p.left(last, now.Add(time.Hour)) != 0 || p.left(last, now) != 0 {
		t.Error("a pause does not end")
	}
	for range maxPauses {
		p.begin("one", now.Add(time.Hour), time.Minute)
	}
	if n := p.count.Load(); n != 1 {
		t.Errorf("%d pauses are left after all but one ended", n)
	}
}

// CLI-10.
func TestClientAuth_oddHeadersAreTheClientsFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, header := range []string{
		"", "Basic", "Basic ", "Basic %%%", "Basic " + base64.StdEncoding.EncodeToString([]byte("nocolon")), basicAuth("", "x"),
		basicAuth("%zz", "%zz"), basicAuth("%00", "x"), basicAuth("a%00b", "%00"), basicAuth("\x00", "\x00"), basicAuth("a\xff\xfe", "\xff"),
		basicAuth("%ff%fe", "x"), basicAuth(strings.Repeat("a", 10<<10), "x"), basicAuth("a", strings.Repeat("x", 10<<10)),
		basicAuth("a:b", "c"), basicAuth("a%3ab", "c"), basicAuth("' OR 1=1--", "x"), "Digest username=x", strings.Repeat("x", 8<<10),
	} {
		_, err := w.request(form(), header)
		wants(t, err, "invalid_client")
	}
	for _, id := range []string{"\x01", "ä", strings.Repeat("a", 8<<10), "a b"} {
		_, err := w.request(form("client_id", id, "client_secret", "x"))
		wants(t, err, "invalid_client")
	}
}
