package provider_test

import (
	"slices"
	"strings"
	"testing"

	"plinto/federation"
	"plinto/internal/fakesaml"
)

// SAM-33: while the key changes, the provider may encrypt for the one or the other; the one that signs is one that it was told before.
func TestSAML_changesItsKey(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t, func(s *federation.Spec) { s.SAML.SignRequests = true })
	service := w.service()
	opens := func(certificate []byte) bool {
		w.t.Helper()
		b := w.Browser()
		q := w.asked(b, nil)
		return signedIn(w.post(b, w.answer(&q, "alice", nil, fakesaml.Encrypt(certificate, fakesaml.GCM, fakesaml.OAEP))))
	}
	step := func(name string, states ...string) {
		w.t.Helper()
		keys, err := service.RotateKey(w.In(), w.conn.ID, name)
		must(t, err)
		var got []string
		for _, k := range keys {
			got = append(got, k.State)
		}
		if !slices.Equal(got, states) {
			t.Errorf("%s: there are %v", name, got)
		}
		w.conn, err = w.Store.Connections.ByID(w.In(), w.conn.ID)
		must(t, err)
	}
	published := func() int {
		return strings.Count(w.Send("GET", "/federation/work/metadata", nil).Text, "<X509Certificate>")
	}
	first := w.own()
	for _, early := range []string{federation.KeyActivate, federation.KeyRetire, "other"} {
		if _, err := service.RotateKey(w.In(), w.conn.ID, early); err == nil {
			t.Errorf("%s is taken at first", early)
		}
	}
	step(federation.KeyPublish, federation.KeyActive, federation.KeyNext)
	if n := published(); n != 2 || string(w.own()) != string(first) {
		t.Errorf("%d certificates are published", n)
	}
	if _, err := service.RotateKey(w.In(), w.conn.ID, federation.KeyPublish); err == nil {
		t.Error("two next keys")
	}
	step(federation.KeyActivate, federation.KeyActive, federation.KeyPrevious)
	second := w.own()
	if n := published(); n != 1 || string(second) == string(first) {
		t.Errorf("%d certificates are published", n)
	}
	if to := w.leaves(w.Browser(), "work", nil); true {
		if _, err := fakesaml.ReadQuery(to, second); err != nil {
			t.Errorf("a request by another key: %v", err)
		}
	}
	if !opens(first) || !opens(second) {
		t.Error("one of the keys decrypts nothing")
	}
	step(federation.KeyRetire, federation.KeyActive)
	if opens(first) || !opens(second) {
		t.Error("the retired key decrypts, or the active one does not")
	}
}

// Of several that take a step at once, one does.
func TestSAML_changesItsKeyOnce(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	results := make(chan error, 4)
	for range cap(results) {
		go func() {
			_, err := w.service().RotateKey(w.In(), w.conn.ID, federation.KeyPublish)
			results <- err
		}()
	}
	taken := 0
	for range cap(results) {
		if err := <-results; err == nil {
			taken++
		}
	}
	if taken != 1 {
		t.Errorf("%d published a key", taken)
	}
}
