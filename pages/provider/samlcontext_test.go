package provider_test

import (
	"testing"

	"github.com/beevik/etree"

	"plinto/federation"
	"plinto/internal/fakesaml"
)

// An assertion that was encrypted stands where it was: its prefixes may be declared around it (XML Encryption 1.1 §4.4). And the key is by
// RSA-OAEP with SHA-256 (§5.5.2). Keycloak has both so.
func TestSAML_opensWhatKeycloakEncrypts(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	own, err := federation.NewVault(w.Root).Open(w.Tenant.ID, &w.conn)
	must(t, err)
	bare := func(el *etree.Element) (*etree.Element, error) {
		if el.RemoveAttr("xmlns:saml") == nil {
			t.Error("the assertion declares no prefix")
		}
		return fakesaml.Encrypt(own.Certificate, fakesaml.GCM, fakesaml.OAEP256)(el)
	}
	b := w.Browser()
	q := w.asked(b, nil)
	if p := w.post(b, w.answer(&q, "alice", nil, bare)); !signedIn(p) {
		t.Errorf("%q, on %s (%d)", code(p), p.URL, p.Status)
	}
}
