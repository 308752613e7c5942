package saml_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"plinto/federation"
	"plinto/federation/saml"
	"plinto/internal/fakesaml"
)

func TestBegin_asksTheProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(s *federation.Spec) {
		s.ACRValues, s.SAML.SignOnURL = []string{fakesaml.Password}, signOn+"?tenant=7"
	})
	to, err := w.connector.Begin(w.ctx, w.conn, w.round, federation.Ask{})
	must(t, err)
	if !strings.HasPrefix(to.URL, signOn+"?tenant=7&SAMLRequest=") || strings.Contains(to.URL, "Signature") || to.Form != nil {
		t.Errorf("leads to %v", to)
	}
	q := w.request
	if q.ID != "_the-nonce" || q.Destination != w.conn.SAML.SignOnURL || q.ACS != "https://op.example/federation/idp/acs" ||
		q.Issuer != "https://op.example/federation/idp/metadata" || q.RelayState != w.round.State || q.Force || !slices.Equal(q.Context.Classes, w.conn.ACRValues) {
		t.Errorf("asks %+v", q)
	}
	now, later := int64(0), int64(60)
	for ask, force := range map[*federation.Ask]bool{{Prompt: "login"}: true, {MaxAge: &now}: true, {MaxAge: &later}: false, {Prompt: "select_account"}: false} {
		if q := w.begin(*ask); q.Force != force {
			t.Errorf("%+v: ForceAuthn is %t", ask, q.Force)
		}
	}
}

func BenchmarkFinish(b *testing.B) {
	w := newWorld(b)
	encoded, err := fakesaml.Encode(w.document(nil))
	must(b, err)
	b.SetBytes(int64(len(encoded)))
	for b.Loop() {
		if _, err := w.send(encoded); err != nil {
			b.Fatal(err)
		}
	}
}

func TestReadMetadata_takesWhatSigns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other, old, weak := mustKey(t, 2048, w.now), mustKey(t, 2048, w.now.AddDate(-2, 0, 0)), mustKey(t, 1024, w.now)
	id, s, err := saml.ReadMetadata(w.idp.Metadata(other, old, weak), w.now)
	must(t, err)
	if id != entityID || s.SignOnURL != signOn || s.SignRequests || !slices.Equal(s.Certificates, []string{w.idp.Key.Certificate(), other.Certificate()}) {
		t.Errorf("read %s, %+v", id, s)
	}
	good := string(w.idp.Metadata())
	for name, raw := range map[string]string{
		"of a service provider":            strings.ReplaceAll(good, "IDPSSODescriptor", "SPSSODescriptor"),
		"without a binding that is spoken": strings.ReplaceAll(strings.ReplaceAll(good, "HTTP-Redirect", "HTTP-Artifact"), "HTTP-POST", "SOAP"),
		"without https":                    strings.ReplaceAll(good, "https://idp.example/sso", "http://idp.example/sso"),
		"without certificates":             strings.Replace(good, `use="signing"`, `use="encryption"`, 1),
		"that has expired":                 strings.Replace(good, "entityID=", `validUntil="`+w.now.Add(-time.Hour).UTC().Format(time.RFC3339)+`" entityID=`, 1),
		"with a document type":             strings.Replace(good, "<!-- ", "<!DOCTYPE x><!-- ", 1),
		"of several":                       "<x>" + good + "</x>",
		"that is none":                     "sign in",
	} {
		if _, _, err := saml.ReadMetadata([]byte(raw), w.now); err == nil {
			t.Errorf("one %s is taken", name)
		}
	}
}

func TestOwn_saysWhatWeAre(t *testing.T) {
	t.Parallel()
	key, err := fakesaml.Shared()
	must(t, err)
	raw, err := saml.Own(&saml.Service{EntityID: "https://op.example/federation/idp/metadata", ACS: "https://op.example/federation/idp/acs", Logout: "https://op.example/slo", Certificates: [][]byte{key.DER}, Signs: true})
	must(t, err)
	for _, want := range []string{
		`entityID="https://op.example/federation/idp/metadata"`, `AuthnRequestsSigned="true"`, `WantAssertionsSigned="true"`, key.Certificate(),
		`Location="https://op.example/federation/idp/acs"`, `Location="https://op.example/slo"`, `Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"`,
		`<KeyDescriptor use="signing">`, `<KeyDescriptor use="encryption">`, // without use Keycloak reads neither
	} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("lacks %s:\n%s", want, raw)
		}
	}
}
