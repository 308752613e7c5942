package saml_test

import (
	"context"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/google/uuid"

	"plinto/federation"
	"plinto/federation/saml"
	"plinto/internal/fakesaml"
	"plinto/internal/secret"
	"plinto/tenant"
)

const (
	entityID = "https://idp.example/entity"
	signOn   = "https://idp.example/sso"
)

// A world is a connection to a provider, and a request to it that is on the way.
type world struct {
	t         testing.TB
	ctx       context.Context
	idp       *fakesaml.Provider
	conn      *federation.Connection
	connector *saml.Connector
	round     federation.Round
	request   fakesaml.Request
	now       time.Time
}

func newWorld(t testing.TB, edit ...func(*federation.Spec)) *world {
	t.Helper()
	idp, err := fakesaml.New(entityID, signOn)
	must(t, err)
	op := &tenant.Tenant{ID: tenant.ID(uuid.New()), Slug: "op", Issuer: "https://op.example"}
	op.Settings.SAML = tenant.SAMLOn
	w := &world{t: t, ctx: tenant.With(context.Background(), op), idp: idp, now: time.Now().Truncate(time.Second)}
	spec := federation.Spec{
		Kind: federation.KindSAML, Name: "Example", Issuer: entityID, SAML: &federation.SAML{SignOnURL: signOn, Certificates: []string{idp.Key.Certificate()}},
	}
	for _, e := range edit {
		e(&spec)
	}
	w.conn = &federation.Connection{ID: uuid.New(), Slug: "idp", Spec: federation.NewSpec(spec)}
	root, _ := secret.NewRoot()
	w.connector = saml.New(federation.NewVault(root), func() time.Time { return w.now })
	w.round = federation.Round{State: strings.Repeat("s", 76), Nonce: "the-nonce", RedirectURI: federation.RedirectURI(op, w.conn), BegunAt: w.now}
	w.request = w.begin(federation.Ask{})
	return w
}

func (w *world) begin(ask federation.Ask) fakesaml.Request {
	w.t.Helper()
	to, err := w.connector.Begin(w.ctx, w.conn, w.round, ask)
	must(w.t, err)
	u, err := url.Parse(to.URL)
	must(w.t, err)
	q, err := fakesaml.ReadRequest(u)
	must(w.t, err)
	return q
}

// document is a good response, changed before it is signed.
func (w *world) document(change func(*fakesaml.Response)) *etree.Document {
	w.t.Helper()
	r := w.idp.Answer(&w.request, "alice", w.now)
	r.Attributes = map[string][]string{"mail": {"alice@example.com"}, "displayName": {"Alice Example"}}
	if change != nil {
		change(&r)
	}
	doc, err := w.idp.Document(&r)
	must(w.t, err)
	return doc
}

func (w *world) finish(doc *etree.Document) (federation.Assertion, error) {
	w.t.Helper()
	encoded, err := fakesaml.Encode(doc)
	must(w.t, err)
	return w.send(encoded)
}

func (w *world) bytes(raw string) (federation.Assertion, error) {
	return w.send(base64.StdEncoding.EncodeToString([]byte(raw)))
}

func (w *world) send(encoded string) (federation.Assertion, error) {
	return w.connector.Finish(w.ctx, w.conn, w.round, url.Values{saml.ResponseParameter: {encoded}})
}

func written(t testing.TB, doc *etree.Document) string {
	t.Helper()
	text, err := doc.WriteToString()
	must(t, err)
	return text
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
