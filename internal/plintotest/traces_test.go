package plintotest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"plinto/event"
	"plinto/event/webhook"
	"plinto/internal/secret"
	"plinto/tenant"
)

// A traced is a span as tests look at it.
type traced struct {
	tracetest.SpanStub
	said map[string]string
}

func tracedSpans(spans *tracetest.InMemoryExporter) []traced {
	var all []traced
	for _, s := range spans.GetSpans() {
		one := traced{s, map[string]string{}}
		for _, a := range s.Attributes {
			one.said[string(a.Key)] = a.Value.String()
		}
		all = append(all, one)
	}
	return all
}

// A trace shows what a request did, down to statements and hashes, and jobs name the request that queued them.
func TestTraces_showWhatARequestDidAndCaused(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewInMemoryExporter()
	received := make(chan http.Header, 16)
	receiver := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		received <- r.Header
	}))
	defer receiver.Close()
	s := Start(t, Options{Spans: spans, Mail: true})
	const path = "/hook/which-is-secret"
	if _, _, err := s.webhooks().Create(s.In(), webhook.Spec{URL: receiver.URL + path, Events: []event.Filter{"session.created"}}, secret.String{}); err != nil {
		t.Fatal(err)
	}
	alice := s.User("alice@example.com")
	m := web("https://rp.test/cb")
	client, key := s.Client(m, FirstParty)
	b := s.Browser()
	query := b.SignIn(s.AuthorizeURL(client, url.Values{"scope": {"openid"}, "code_challenge": {Challenge}}), "alice@example.com")
	a := s.Send(http.MethodPost, "/oauth2/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {query.Get("code")}, "redirect_uri": {"https://rp.test/cb"}, "code_verifier": {Verifier},
	}, As(client, key))
	if a.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", a.StatusCode, a.Text)
	}
	if a.Header.Get("Traceparent") != "" || a.Header.Get("Tracestate") != "" || a.Header.Get("Server-Timing") != "" {
		t.Errorf("the answer tells of the trace: %v", a.Header)
	}
	told := <-received
	var signIn, token, delivery, hook traced
	Eventually(t, "the delivery is over", func() bool {
		for _, span := range tracedSpans(spans) {
			switch {
			case span.Name == "POST /login" && span.said["user.id"] != "":
				signIn = span
			case span.Name == "POST /oauth2/token":
				token = span
			case span.SpanKind == trace.SpanKindConsumer && strings.HasPrefix(span.said["messaging.destination.name"], "webhook"):
				delivery = span
			case span.said["plinto.egress.kind"] == "webhooks":
				hook = span
			}
		}
		return delivery.Name != "" && hook.Name != "" && token.Name != "" && signIn.Name != ""
	})
	if token.said["http.route"] != "/oauth2/token" || token.said["http.response.status_code"] != "200" || token.said["plinto.tenant"] != "main" ||
		token.said["plinto.client.id"] != client.ClientID || token.said["user.id"] != alice.PublicID() || token.said["plinto.request.id"] != a.Header.Get("Request-Id") {
		t.Errorf("the token request says %v", token.said)
	}
	if !s.has(spans, signIn, "hash password") || !s.has(spans, signIn, "wait for hash") || !s.has(spans, signIn, "INSERT sessions") {
		t.Errorf("below the sign-in: %v", s.below(spans, signIn))
	}
	if len(delivery.Links) != 1 || delivery.said["plinto.tenant"] != "main" {
		t.Errorf("the delivery says %v, links %v", delivery.said, delivery.Links)
	}
	if hook.said["http.response.status_code"] != "200" || hook.said["server.address"] != "127.0.0.1" || strings.Contains(jsonOf(t, hook.said)+hook.Name, "secret") {
		t.Errorf("the request to the receiver says %v", hook.said)
	}
	if told.Get("Traceparent") != "00-"+hook.SpanContext.TraceID().String()+"-"+hook.SpanContext.SpanID().String()+"-01" || told.Get("Tracestate") != "" {
		t.Errorf("the receiver is told %q of %s", told.Get("Traceparent"), hook.SpanContext.TraceID())
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// below are the names of the spans of a trace.
func (s *Server) below(spans *tracetest.InMemoryExporter, root traced) (names []string) {
	for _, span := range tracedSpans(spans) {
		if span.SpanContext.TraceID() == root.SpanContext.TraceID() {
			names = append(names, span.Name)
		}
	}
	return names
}

func (s *Server) has(spans *tracetest.InMemoryExporter, root traced, name string) bool {
	for _, below := range s.below(spans, root) {
		if strings.Contains(below, name) {
			return true
		}
	}
	return false
}

// LEAK-01: a span of a statement has its text and no argument, one of Redis the command and no key, one that failed the code
// and not the text of the error.
func TestTraces_haveNoArguments_LEAK_01(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewInMemoryExporter()
	s := Start(t, Options{Spans: spans, Settings: tenant.Settings{Registration: tenant.Registration{Mode: tenant.RegistrationOpen}}})
	s.User("alice@example.com")
	client, _ := s.Client(web("https://rp.test/cb"), FirstParty)
	b := s.Browser()
	for range 2 {
		b.SignIn(s.AuthorizeURL(client, url.Values{"code_challenge": {Challenge}}), "alice@example.com")
	}
	systems := map[string]int{}
	for _, span := range tracedSpans(spans) {
		systems[span.said["db.system.name"]]++
		text := jsonOf(t, span.said)
		if strings.Contains(text, "alice") || strings.Contains(text, client.ID.String()) && span.SpanKind == trace.SpanKindClient || strings.Contains(text, s.Tenant.ID.String()) {
			t.Errorf("%s says %s", span.Name, text)
		}
		if span.said["db.system.name"] == "redis" && (len(span.Name) > 12 || strings.Contains(text, "plinto:")) {
			t.Errorf("%s says %s", span.Name, text)
		}
	}
	if systems["postgresql"] < 5 || systems["redis"] < 1 {
		t.Errorf("got spans of %v", systems)
	}
}

// LEAK-03: what no route fits is nowhere: it may be half of a link with a token in it.
func TestLog_hasNoPathThatNoRouteFits_LEAK_03(t *testing.T) {
	t.Parallel()
	s := Start(t)
	const typed = "reset-4711-which-was-mailed"
	a := s.Send(http.MethodGet, "/passwort/"+typed+"?token="+typed, nil)
	if a.StatusCode != http.StatusNotFound {
		t.Fatalf("%d", a.StatusCode)
	}
	id, seen := a.Header.Get("Request-Id"), 0
	for _, line := range logged.lines() {
		if strings.Contains(line, id) {
			seen++
			if !strings.Contains(line, `"route":"other"`) {
				t.Errorf("logged %s", line)
			}
		}
		if strings.Contains(line, typed) {
			t.Errorf("logged %s", line)
		}
	}
	if spans := s.canary.spans.all(); seen == 0 || !strings.Contains(spans, `"GET other"`) || strings.Contains(spans, typed) {
		t.Errorf("%d lines, traced %s", seen, spans)
	}
}

// Every line of a request says which request, tenant, client and user it is about, and in which trace to look.
func TestLog_linesSayWhatTheyBelongTo(t *testing.T) {
	t.Parallel()
	s := Start(t)
	alice := s.User("alice@example.com")
	client, key := s.Client(web("https://rp.test/cb"), FirstParty)
	query := s.Browser().SignIn(s.AuthorizeURL(client, url.Values{"code_challenge": {Challenge}}), "alice@example.com")
	a := s.Send(http.MethodPost, "/oauth2/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {query.Get("code")}, "redirect_uri": {"https://rp.test/cb"}, "code_verifier": {Verifier},
	}, As(client, key))
	var line map[string]any
	Eventually(t, "the request is logged", func() bool {
		for _, text := range logged.lines() {
			if strings.Contains(text, a.Header.Get("Request-Id")) && strings.Contains(text, `"msg":"request"`) {
				return json.Unmarshal([]byte(text), &line) == nil
			}
		}
		return false
	})
	traceID, _ := line["trace_id"].(string)
	if line["tenant"] != "main" || line["client_id"] != client.ClientID || line["user_id"] != alice.PublicID() || line["route"] != "/oauth2/token" || len(traceID) != 32 || line["span_id"] == nil {
		t.Errorf("logged %v", line)
	}
}

// What is planted is found: a canary that sees nothing would let everything pass.
func TestCanary_findsWhatIsPlanted(t *testing.T) {
	t.Parallel()
	for name, plant := range map[string]string{
		"a token": "plat_0123456789abcdefghijABCDEFGHIJ", "a JWT": "eyJhbGciOiJSUzI1NiJ9xxxxxx.eyJzdWIiOiJhIn0", "an address": "alice@example.com", "the password": Password,
		"the password in a form": strings.ReplaceAll(Password, " ", "+"), "a cookie": "v1.Zm9vYmFyYmF6cXV4", "a code": "48151623", "a code in groups": "4815 1623",
	} {
		for where, leak := range map[string]func(*canary, string){
			"a line of the log": func(c *canary, s string) { _, _ = c.log.Write([]byte(`{"msg":"x","a":"` + s + `"}` + "\n")) },
			"a span": func(c *canary, s string) {
				_, span := c.tracer(nil).Request(t.Context(), nil, nil)
				span.Rename("GET " + s)
				span.End()
			},
		} {
			c := newCanary(&book{})
			c.plant("the cookie x", "v1.Zm9vYmFyYmF6cXV4")
			c.plant("code", "4815 1623")
			leak(c, strings.ReplaceAll(plant, "4815 1623", "48151623"))
			if len(c.found()) == 0 {
				t.Errorf("%s in %s is not found", name, where)
			}
		}
	}
	c := newCanary(&book{})
	c.plant("code", "12345678")
	_, _ = c.log.Write([]byte(`{"time":"` + time.Now().Format(time.RFC3339Nano) + `","msg":"request","route":"/oauth2/token","duration_ms":1.234,"bytes":120}`))
	if found := c.found(); len(found) != 0 {
		t.Errorf("where there is nothing it finds %v", found)
	}
}
