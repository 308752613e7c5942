package provider_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plinto/federation"
	"plinto/internal/fakesaml"
	"plinto/internal/secret"
)

// A publisher answers with the metadata of a provider.
type publisher struct {
	t        *testing.T
	idp      *fakesaml.Provider
	url      string
	mu       sync.Mutex
	document []byte // nil: it fails
	asked    atomic.Int32
}

func publish(t *testing.T, idp *fakesaml.Provider) *publisher {
	t.Helper()
	p := &publisher{t: t, idp: idp}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.asked.Add(1)
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.document == nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/samlmetadata+xml")
		_, _ = w.Write(p.document)
	}))
	t.Cleanup(server.Close)
	p.url = server.URL + "/metadata"
	return p
}

func (p *publisher) say(o fakesaml.Publication) {
	p.t.Helper()
	document, err := p.idp.Publish(&o)
	must(p.t, err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.document = document
}

func (p *publisher) fail() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.document = nil
}

// A readWorld is a samlWorld with a connection whose metadata are read.
type readWorld struct {
	*samlWorld
	publisher            *publisher
	signer, next, thirds *fakesaml.Key
}

func newReadWorld(t *testing.T, source federation.MetadataSource, edit ...func(*federation.Spec)) *readWorld {
	t.Helper()
	w := &readWorld{samlWorld: newSAMLWorld(t)}
	w.publisher = publish(t, w.saml)
	keys := make([]*fakesaml.Key, 3)
	for i := range keys {
		var err error
		keys[i], err = fakesaml.NewKey(2048, time.Now())
		must(t, err)
	}
	w.signer, w.next, w.thirds = keys[0], keys[1], keys[2]
	if source.MetadataTrust == "" || source.MetadataTrust == federation.TrustSigned {
		source.MetadataCertificates = []string{w.signer.Certificate()}
	}
	source.MetadataURL = w.publisher.url
	w.publisher.say(fakesaml.Publication{Signed: &fakesaml.Signing{Key: w.signer}})
	spec := federation.Spec{
		Kind: federation.KindSAML, Name: "Read", EmailDomains: []string{"example.com"}, Provision: federation.ProvisionDomain, SAML: &federation.SAML{MetadataSource: source},
	}
	for _, e := range edit {
		e(&spec)
	}
	c, err := w.Store.Providers.Create(w.In(), "read", spec, secret.String{})
	must(t, err)
	w.conn = c
	return w
}

// refresh has what is published read, as once a day.
func (w *readWorld) refresh() federation.Connection {
	w.t.Helper()
	must(w.t, w.Store.Providers.RefreshMetadata(w.In(), w.conn.ID))
	c, err := w.Store.Connections.ByID(w.In(), w.conn.ID)
	must(w.t, err)
	return c
}

// signs reports whether an answer that a key signed signs somebody in.
func (w *readWorld) signs(key *fakesaml.Key) bool {
	w.t.Helper()
	b := w.Browser()
	q := w.asked(b, nil)
	return signedIn(w.post(b, w.answer(&q, "alice", func(r *fakesaml.Response) { r.SignAssertion = &fakesaml.Signing{Key: key} })))
}

func (w *readWorld) told(kind string) (n int) {
	w.t.Helper()
	must(w.t, w.Owner.QueryRow(w.t.Context(), `SELECT count(*) FROM audit_log WHERE type = $1`, kind).Scan(&n))
	return n
}

// SAM-18, SAM-20, SAM-21: what is published counts when the one who is named signed it, is of this provider and is valid.
func TestSAMLMetadata_areBelievedWhenTheyAreSigned(t *testing.T) {
	t.Parallel()
	w := newReadWorld(t, federation.MetadataSource{})
	if w.conn.Issuer != w.saml.EntityID || !w.signs(w.saml.Key) || w.signs(w.next) {
		t.Fatalf("made as %+v", w.conn)
	}
	signed := &fakesaml.Signing{Key: w.signer}
	good := fakesaml.Publication{Keys: []*fakesaml.Key{w.saml.Key, w.next}, Signed: signed}
	for name, c := range map[string]struct {
		say     func()
		problem string
	}{
		"by nobody": {func() { w.publisher.say(fakesaml.Publication{Keys: good.Keys}) }, federation.MetadataUnsigned},
		"by another": {func() {
			w.publisher.say(fakesaml.Publication{Keys: good.Keys, Signed: &fakesaml.Signing{Key: w.thirds}})
		}, federation.MetadataUnsigned},
		"by its own key": {func() { w.publisher.say(fakesaml.Publication{Keys: good.Keys, Signed: &fakesaml.Signing{Key: w.next}}) }, federation.MetadataUnsigned},
		"of another entity": {func() {
			w.publisher.say(fakesaml.Publication{Keys: good.Keys, Signed: signed, EntityID: "https://evil.example"})
		}, federation.MetadataEntityID},
		"not valid any more": {func() {
			w.publisher.say(fakesaml.Publication{Keys: good.Keys, Signed: signed, Attributes: ` validUntil="2020-01-01T00:00:00Z"`})
		}, federation.MetadataExpired},
		"away": {w.publisher.fail, federation.MetadataUnreachable},
	} {
		c.say()
		before := w.conn.Version
		if got := w.refresh(); got.MetadataState.Problem != c.problem || got.MetadataState.FailedSince.IsZero() || got.Version != before || w.signs(w.next) || !w.signs(w.saml.Key) {
			t.Errorf("%s: %+v, version %d", name, got.MetadataState, got.Version)
		}
	}
	if n := w.told("connection.metadata_changed"); n != 0 {
		t.Errorf("told %d times that they changed", n)
	}
	w.publisher.say(good)
	got := w.refresh()
	if got.MetadataState.Problem != "" || !w.signs(w.next) || !w.signs(w.saml.Key) || w.told("connection.metadata_changed") != 1 {
		t.Errorf("a signed one: %+v", got.MetadataState)
	}
	if due := time.Until(got.MetadataDue); due < 23*time.Hour || due > 25*time.Hour {
		t.Errorf("read again in %s", due)
	}
	w.publisher.say(fakesaml.Publication{Keys: []*fakesaml.Key{w.next}, Signed: signed})
	if w.refresh(); w.signs(w.saml.Key) || !w.signs(w.next) {
		t.Error("a certificate that was taken away counts")
	}
}

// SAM-19: of what nobody signed, new certificates and addresses are not taken, and somebody is told.
func TestSAMLMetadata_thatArePinnedOnlyTakeAway(t *testing.T) {
	t.Parallel()
	pinned := func(w **fakesaml.Provider) func(*federation.Spec) {
		return func(s *federation.Spec) {
			s.Issuer, s.SAML.SignOnURL, s.SAML.Certificates = (*w).EntityID, (*w).SignOnURL, []string{(*w).Key.Certificate()}
		}
	}
	idp, err := fakesaml.New("https://idp.example/entity", "https://idp.example/sso")
	must(t, err)
	old, err := fakesaml.Other()
	must(t, err)
	w := newReadWorld(t, federation.MetadataSource{MetadataTrust: federation.TrustPinned}, pinned(&idp), func(s *federation.Spec) {
		s.SAML.Certificates = append(s.SAML.Certificates, old.Certificate())
	})
	if !w.signs(w.saml.Key) || w.signs(old) {
		t.Fatal("the certificates are not those that both have")
	}
	w.publisher.say(fakesaml.Publication{Keys: []*fakesaml.Key{w.saml.Key, w.next}})
	for range 2 {
		if got := w.refresh(); got.MetadataState.Problem != federation.MetadataNewerThings || len(got.MetadataState.Refused) != 1 || w.signs(w.next) || !w.signs(w.saml.Key) {
			t.Errorf("a new certificate: %+v", got.MetadataState)
		}
	}
	if n := w.told("connection.metadata_failing"); n != 1 {
		t.Errorf("told %d times of one certificate", n)
	}
	w.publisher.say(fakesaml.Publication{Change: func(s string) string { return strings.ReplaceAll(s, w.saml.SignOnURL, "https://evil.example/sso") }})
	if got := w.refresh(); got.MetadataState.Problem != federation.MetadataNewerThings || w.leaves(w.Browser(), "read", nil).Host != "idp.example" {
		t.Errorf("another address: %+v", got.MetadataState)
	}
	w.publisher.say(fakesaml.Publication{Keys: []*fakesaml.Key{w.next}})
	if got := w.refresh(); got.MetadataState.Problem != federation.MetadataCertificates || !w.signs(w.saml.Key) || w.signs(w.next) {
		t.Errorf("none of ours: %+v", got.MetadataState)
	}
}

func TestSAMLMetadata_areBelievedByTLSWhereThatIsSaid(t *testing.T) {
	t.Parallel()
	w := newReadWorld(t, federation.MetadataSource{MetadataTrust: federation.TrustTLS})
	w.publisher.say(fakesaml.Publication{Keys: []*fakesaml.Key{w.next}})
	if w.refresh(); w.signs(w.saml.Key) || !w.signs(w.next) {
		t.Error("what is published does not count")
	}
}

// SAM-21: what was valid until some time is not valid after it, whoever cannot be reached.
func TestSAMLMetadata_areNotValidForLongerThanTheySay(t *testing.T) {
	t.Parallel()
	w := newReadWorld(t, federation.MetadataSource{})
	w.publisher.say(fakesaml.Publication{Signed: &fakesaml.Signing{Key: w.signer}, Attributes: ` validUntil="` + time.Now().Add(48*time.Hour).UTC().Format(time.RFC3339) + `"`})
	if w.refresh(); !w.signs(w.saml.Key) {
		t.Fatal("valid ones do not count")
	}
	w.publisher.fail()
	w.ahead.Store(int64(10 * time.Hour))
	if w.refresh(); w.told("connection.metadata_failing") != 1 {
		t.Error("nobody is told that they end before long")
	}
	w.ahead.Store(int64(49 * time.Hour))
	if w.signs(w.saml.Key) {
		t.Error("they count when they are not valid any more")
	}
}

// Who cannot be read for three days is told of once.
func TestSAMLMetadata_thatCannotBeReadAreToldOf(t *testing.T) {
	t.Parallel()
	w := newReadWorld(t, federation.MetadataSource{})
	w.publisher.fail()
	for _, c := range []struct {
		after time.Duration
		told  int
	}{{0, 0}, {71 * time.Hour, 0}, {73 * time.Hour, 1}, {100 * time.Hour, 1}} {
		w.ahead.Store(int64(c.after))
		w.refresh()
		if n := w.told("connection.metadata_failing"); n != c.told {
			t.Errorf("after %s: told %d times", c.after, n)
		}
	}
}

// SAM-22: of several processes one reads what is due, and a sign-in that is on the way goes on.
func TestSAMLMetadata_areReadByOne(t *testing.T) {
	t.Parallel()
	w := newReadWorld(t, federation.MetadataSource{})
	b := w.Browser()
	q := w.asked(b, nil)
	before := w.publisher.asked.Load()
	due, err := w.Store.Connections.ByID(w.In(), w.conn.ID)
	must(t, err)
	won := make(chan bool, 8)
	for range cap(won) {
		go func() {
			mine, err := w.Store.Connections.ClaimMetadata(w.In(), w.conn.ID, due.MetadataDue, time.Now().Add(time.Hour))
			won <- mine && err == nil
		}()
	}
	n := 0
	for range cap(won) {
		if <-won {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d may read them", n)
	}
	w.refresh()
	if asked := w.publisher.asked.Load() - before; asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	if p := w.post(b, w.answer(&q, "alice", nil)); !signedIn(p) {
		t.Errorf("who was on the way: %q, on %s (%d)", code(p), p.URL, p.Status)
	}
}

// SAM-23: where metadata cannot be believed no connection is made by them, and the error says why.
func TestSAMLMetadata_makeNoConnectionUnbelieved(t *testing.T) {
	t.Parallel()
	w := newReadWorld(t, federation.MetadataSource{})
	for name, source := range map[string]federation.MetadataSource{
		"without a reason":              {MetadataURL: w.publisher.url},
		"signed by another":             {MetadataURL: w.publisher.url, MetadataCertificates: []string{w.thirds.Certificate()}},
		"of an address of ours":         {MetadataURL: "https://10.0.0.1/metadata", MetadataTrust: federation.TrustTLS},
		"without https":                 {MetadataURL: strings.Replace(w.publisher.url, "https:", "http:", 1), MetadataTrust: federation.TrustTLS},
		"of a certificate that is none": {MetadataURL: w.publisher.url, MetadataCertificates: []string{"abc"}},
		"pinned to nothing":             {MetadataURL: w.publisher.url, MetadataTrust: federation.TrustPinned},
	} {
		_, err := w.Store.Providers.Create(w.In(), "more", federation.Spec{Kind: federation.KindSAML, Name: "More", SAML: &federation.SAML{MetadataSource: source}}, secret.String{})
		if err == nil {
			t.Errorf("%s: it is made", name)
		}
	}
	// What the metadata say nobody says besides.
	_, err := w.Store.Providers.Update(w.In(), w.conn.ID, func(s *federation.Spec) {
		copied := *s.SAML
		copied.Certificates = []string{w.thirds.Certificate()}
		s.SAML = &copied
	}, secret.String{})
	if err == nil || w.signs(w.thirds) {
		t.Errorf("a certificate besides: %v", err)
	}
}
