package provider_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/crewjam/saml/samlidp"

	"plinto/federation"
	"plinto/federation/saml"
	"plinto/internal/fakesaml"
	"plinto/internal/secret"
)

// An anotherIdP is a provider of SAML that others wrote: crewjam/saml.
type anotherIdP struct {
	t      *testing.T
	server *httptest.Server
	client *http.Client
}

func startAnotherIdP(t *testing.T) *anotherIdP {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	base := url.URL{Scheme: "https", Host: server.Listener.Addr().String()}
	key, err := fakesaml.Shared()
	must(t, err)
	private, certificate, err := key.Parsed()
	must(t, err)
	idp, err := samlidp.New(samlidp.Options{URL: base, Key: private, Certificate: certificate, Store: &samlidp.MemoryStore{}, Logger: log.New(t.Output(), "", 0)})
	must(t, err)
	server.Config.Handler = idp
	server.StartTLS()
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	must(t, err)
	client := server.Client()
	client.Jar = jar
	i := &anotherIdP{t, server, client}
	i.put("/users/alice", `{"name": "alice", "password": "hunter2hunter2", "email": "alice@example.com", "common_name": "Alice Example", "given_name": "Alice", "surname": "Example"}`)
	return i
}

func (i *anotherIdP) put(path, body string) {
	i.t.Helper()
	r, err := http.NewRequest(http.MethodPut, i.server.URL+path, bytes.NewReader([]byte(body)))
	must(i.t, err)
	res, err := i.client.Do(r)
	must(i.t, err)
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		i.t.Fatalf("PUT %s: %d", path, res.StatusCode)
	}
}

func (i *anotherIdP) metadata() []byte {
	i.t.Helper()
	res, err := i.client.Get(i.server.URL + "/metadata")
	must(i.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(i.t, err)
	return raw
}

// signIn signs alice in where a browser was led, and returns the form that leads back. She signs in first: the form for that
// would lose the signature of the request.
func (i *anotherIdP) signIn(to *url.URL) (action string, form url.Values) {
	i.t.Helper()
	res, err := i.client.PostForm(i.server.URL+"/login", url.Values{"user": {"alice"}, "password": {"hunter2hunter2"}})
	must(i.t, err)
	must(i.t, res.Body.Close())
	res, err = i.client.Get(to.String())
	must(i.t, err)
	defer res.Body.Close()
	doc, err := goquery.NewDocumentFromReader(res.Body)
	must(i.t, err)
	form = url.Values{}
	doc.Find("form input").Each(func(_ int, in *goquery.Selection) {
		if name := in.AttrOr("name", ""); name != "" {
			form.Set(name, in.AttrOr("value", ""))
		}
	})
	if !form.Has("SAMLResponse") {
		html, _ := doc.Html()
		i.t.Fatalf("the provider answers %s", html)
	}
	return doc.Find("form").AttrOr("action", ""), form
}

// The provider is one that others wrote: it reads our metadata, checks our signed request, encrypts what it says for our key,
// and its metadata make the connection.
func TestSAML_withAProviderThatOthersWrote(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	idp := startAnotherIdP(t)
	id, described, err := saml.ReadMetadata(idp.metadata(), w.now())
	must(t, err)
	described.SignRequests = true
	w.conn, err = w.service().Create(w.In(), "crewjam", federation.Spec{
		Kind: federation.KindSAML, Name: "Crewjam", Issuer: id, SAML: &described, EmailDomains: []string{"example.com"}, Provision: federation.ProvisionDomain,
	}, secret.String{})
	must(t, err)
	own := w.Send(http.MethodGet, "/federation/crewjam/metadata", nil)
	if own.StatusCode != http.StatusOK || own.Header.Get("Content-Type") != "application/samlmetadata+xml" {
		t.Fatalf("our metadata: %d, %v", own.StatusCode, own.Header)
	}
	idp.put("/services/plinto", own.Text)
	for _, when := range []string{"at first", "again"} {
		b := w.Browser()
		action, form := idp.signIn(w.leaves(b, "crewjam", nil))
		if want := federation.RedirectURI(w.Tenant, &w.conn); action != want {
			t.Fatalf("%s: the answer goes to %s", when, action)
		}
		if raw, err := base64.StdEncoding.DecodeString(form.Get("SAMLResponse")); err != nil || !bytes.Contains(raw, []byte("EncryptedAssertion")) {
			t.Errorf("%s: the assertion is not encrypted (%v)", when, err)
		}
		if p := w.post(b, form); !signedIn(p) {
			t.Fatalf("%s: on %s (%d): %s", when, p.URL, p.Status, text(p))
		}
	}
	if held := w.identities("alice@example.com"); len(held) != 1 || held[0].Issuer != id || held[0].Subject != "emailAddress:alice@example.com" {
		t.Errorf("identities %+v", held)
	}
}
