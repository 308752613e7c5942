package engine

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plinto/internal/web"
	"plinto/provider"
)

// request authenticates with a form and an Authorization header ("" for none).
func (w *world) request(f web.Form, authorization ...string) (*provider.Client, error) {
	r := &http.Request{Method: http.MethodPost, Header: http.Header{}, URL: &url.URL{RawQuery: "client_id=post&client_secret=x"}}
	for _, a := range authorization {
		r.Header.Add("Authorization", a)
	}
	return w.AuthenticateClient(w.ctx, r, f)
}

func basicAuth(id, plain string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+plain))
}

func authMethod(method string) provider.Metadata {
	m := full()
	m.TokenEndpointAuthMethod = method
	return m
}

// CLI-06, F4–F6: exactly the registered method; assertions are no method yet, and
// burn nothing.
func TestClientAuth_isExactlyTheRegisteredMethod_F4_F5_F6(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	byBasic, byPost := w.register("basic", authMethod(provider.AuthBasic)), w.register("post", authMethod(provider.AuthPost))
	w.register("none", public())
	off := w.register("off", full(), func(c *provider.Client) { c.DisabledAt = time.Now() })
	jwtBearer := []string{"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", "a.b.c"}
	for _, c := range []struct {
		name   string
		form   web.Form
		header []string
		want   string
	}{
		{"basic", form(), []string{basicAuth("basic", byBasic.secret)}, ""},
		{"basic and the same client_id", form("client_id", "basic"), []string{basicAuth("basic", byBasic.secret)}, ""},
		{"basic and another client_id", form("client_id", "none"), []string{basicAuth("basic", byBasic.secret)}, "invalid_client"},
		{"basic, lower-case scheme", form(), []string{"basic" + basicAuth("basic", byBasic.secret)[5:]}, ""},
		{"basic, wrong", form(), []string{basicAuth("basic", byBasic.secret+"x")}, "invalid_client"},
		{"basic, empty", form(), []string{basicAuth("basic", "")}, "invalid_client"},
		{"basic for post", form(), []string{basicAuth("post", byPost.secret)}, "invalid_client"},
		{"basic for none", form(), []string{basicAuth("none", "")}, "invalid_client"},
		{"post", form("client_id", "post", "client_secret", byPost.secret), nil, ""},
		{"post for basic", form("client_id", "basic", "client_secret", byBasic.secret), nil, "invalid_client"},
		{"post for none", form("client_id", "none", "client_secret", "x"), nil, "invalid_client"},
		{"none", form("client_id", "none"), nil, ""},
		{"none with an empty secret", form("client_id", "none", "client_secret", ""), nil, ""},
		{"none for basic", form("client_id", "basic"), nil, "invalid_client"},
		{"nothing", form(), nil, "invalid_client"},
		{"disabled", form(), []string{basicAuth("off", off.secret)}, "invalid_client"},
		{"unknown", form(), []string{basicAuth("nobody", byBasic.secret)}, "invalid_client"},
		{"another's secret", form(), []string{basicAuth("basic", byPost.secret)}, "invalid_client"},
		{"basic and post", form("client_id", "basic", "client_secret", byBasic.secret), []string{basicAuth("basic", byBasic.secret)}, "invalid_request"},
		{"basic twice", form(), []string{basicAuth("basic", byBasic.secret), basicAuth("basic", byBasic.secret)}, "invalid_request"},
		{"assertion", form(jwtBearer...), nil, "invalid_client"},
		{"assertion and post", form(append(jwtBearer, "client_id", "post", "client_secret", byPost.secret)...), nil, "invalid_request"},
		{"bearer", form(), []string{"Bearer x"}, "invalid_client"},
	} {
		_, err := w.request(c.form, c.header...)
		if codeOf(err) != c.want {
			t.Errorf("%s: got %q, want %q", c.name, codeOf(err), c.want)
		}
	}
}

// RFC 6749 §2.3.1 wants both halves form-encoded; many clients send them raw.
func TestClientAuth_readsBasicDecodedAndRaw(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const id, plain = "a+b%20c", "s3cret+with%2Bplus%and a lot more 0123456789"
	p := w.register(id, full())
	p.Secrets[0].Hash = w.secrets.Hash(w.tenant.ID, id, plain)
	must(t, w.store.Clients.ReplaceSecrets(w.ctx, *w.stored(p, func(c *provider.Client) { c.Secrets = p.Secrets })))
	for name, header := range map[string]string{
		"encoded": basicAuth(url.QueryEscape(id), url.QueryEscape(plain)), "raw": basicAuth(id, plain),
		"id encoded only": basicAuth(url.QueryEscape(id), plain),
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
	given := credentials{provider.AuthBasic, []string{"basic"}, []string{"wrong"}}
	took := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if w.refuse(w.ctx, p.Client, given) == "" {
				b.Fatal("accepted")
			}
		}
	}).NsPerOp()
	if took > 100_000 {
		t.Errorf("a check takes %d ns", took)
	}
}

func TestClientAuth_manyFailuresAreThrottledAndSuccessesAreNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("basic", full())
	for range 2 * limitClientFailures.Burst {
		_, err := w.request(form(), basicAuth("basic", p.secret))
		wants(t, err, "")
	}
	counts := map[string]int{}
	for range limitClientFailures.Burst + 5 {
		_, err := w.request(form(), basicAuth("basic", "wrong"))
		counts[codeOf(err)]++
	}
	if counts["invalid_client"] < limitClientFailures.Burst || counts["too many"] == 0 {
		t.Errorf("got %v", counts)
	}
	_, err := w.request(form(), basicAuth("basic", p.secret))
	wants(t, err, "")
	_, err = w.request(form(), basicAuth("other", "wrong")) // another client's failures are its own
	wants(t, err, "invalid_client")
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
