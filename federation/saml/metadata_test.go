package saml_test

import (
	"context"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"plinto/federation"
	"plinto/internal/fakesaml"
)

// publishes has the provider of a world publish its metadata, which are believed for a reason.
func (w *world) publishes(source federation.MetadataSource, o *fakesaml.Publication) (federation.Described, error) {
	w.t.Helper()
	document, err := w.idp.Publish(o)
	must(w.t, err)
	w.connector.Fetch = func(_ context.Context, c *federation.Connection, address, _ string) ([]byte, error) {
		if address != c.SAML.MetadataURL {
			w.t.Errorf("asked for %s", address)
		}
		return document, nil
	}
	source.MetadataURL = entityID + "/metadata"
	conn := *w.conn
	conn.SAML = &federation.SAML{MetadataSource: source}
	return w.connector.FetchMetadata(w.ctx, &conn)
}

// SAM-18, SAM-19: what counts as signed is signed by who is named, over all that is read.
func TestFetchMetadata_saysWhetherWhoIsNamedSignsThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	signer, other, old := mustKey(t, 2048, w.now), mustKey(t, 2048, w.now), mustKey(t, 2048, w.now.AddDate(-2, 0, 0))
	weak := mustKey(t, 1024, w.now)
	sum := sha256.Sum256(signer.DER)
	byKey, byHash := federation.MetadataSource{MetadataCertificates: []string{signer.Certificate()}}, federation.MetadataSource{MetadataCertificates: []string{hex.EncodeToString(sum[:])}}
	for name, c := range map[string]struct {
		source federation.MetadataSource
		o      fakesaml.Publication
		signed bool
	}{
		"by a certificate":           {byKey, fakesaml.Publication{Signed: &fakesaml.Signing{Key: signer}}, true},
		"by a certificate of a hash": {byHash, fakesaml.Publication{Signed: &fakesaml.Signing{Key: signer}}, true},
		"by nobody":                  {byKey, fakesaml.Publication{}, false},
		"by another":                 {byKey, fakesaml.Publication{Signed: &fakesaml.Signing{Key: other}}, false},
		"by another than of a hash":  {byHash, fakesaml.Publication{Signed: &fakesaml.Signing{Key: other}}, false},
		"by the key of assertions":   {byKey, fakesaml.Publication{Signed: &fakesaml.Signing{Key: w.idp.Key}}, false},
		"where nobody is named":      {federation.MetadataSource{}, fakesaml.Publication{Signed: &fakesaml.Signing{Key: signer}}, false},
		"by one that has expired": {federation.MetadataSource{MetadataCertificates: []string{old.Certificate()}}, fakesaml.Publication{
			Signed: &fakesaml.Signing{Key: old},
		}, false},
		"by a weak one": {federation.MetadataSource{MetadataCertificates: []string{weak.Certificate()}}, fakesaml.Publication{
			Signed: &fakesaml.Signing{Key: weak},
		}, false},
		"changed": {byKey, fakesaml.Publication{Signed: &fakesaml.Signing{Key: signer}, Change: replace(signOn, "https://evil.example/sso")}, false},
		"with another's certificate shown": {byHash, fakesaml.Publication{Signed: &fakesaml.Signing{Key: other}, Change: replace(
			"<ds:X509Certificate>"+other.Certificate(), "<ds:X509Certificate>"+signer.Certificate())}, false},
	} {
		d, err := w.publishes(c.source, &c.o)
		if err != nil || d.Signed != c.signed || d.EntityID != entityID {
			t.Errorf("%s: signed is %t, of %s (%v)", name, d.Signed, d.EntityID, err)
		}
	}
	// The signature of a part is none of the document.
	if d, err := w.publishes(byKey, &fakesaml.Publication{Signed: &fakesaml.Signing{Key: signer}, Change: func(s string) string {
		return `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="` + entityID + `">` + s + `</md:EntityDescriptor>`
	}}); err == nil {
		t.Errorf("one in another is read: %+v", d)
	}
}

func TestFetchMetadata_reads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.idp.LogoutURL = "https://idp.example/slo"
	day, problem := 24*time.Hour, ""
	for name, c := range map[string]struct {
		o        fakesaml.Publication
		problem  string
		binding  string
		until    time.Time
		cacheFor time.Duration
	}{
		"redirect and post":  {fakesaml.Publication{}, "", "", time.Time{}, 0},
		"post alone":         {fakesaml.Publication{Bindings: []string{fakesaml.Post}}, "", federation.BindingPost, time.Time{}, 0},
		"no such binding":    {fakesaml.Publication{Bindings: []string{"urn:oasis:names:tc:SAML:2.0:bindings:SOAP"}}, federation.MetadataInvalid, "", time.Time{}, 0},
		"valid until":        {fakesaml.Publication{Attributes: ` validUntil="` + w.now.Add(day).UTC().Format(time.RFC3339) + `"`}, "", "", w.now.Add(day), 0},
		"not valid any more": {fakesaml.Publication{Attributes: ` validUntil="` + w.now.UTC().Format(time.RFC3339) + `"`}, federation.MetadataExpired, "", time.Time{}, 0},
		"until never":        {fakesaml.Publication{Attributes: ` validUntil="tomorrow"`}, federation.MetadataInvalid, "", time.Time{}, 0},
		"kept":               {fakesaml.Publication{Attributes: ` cacheDuration="P1DT6H30M"`}, "", "", time.Time{}, 30*time.Hour + 30*time.Minute},
		"kept for a while":   {fakesaml.Publication{Attributes: ` cacheDuration="whatever"`}, federation.MetadataInvalid, "", time.Time{}, 0},
		"kept for nothing":   {fakesaml.Publication{Attributes: ` cacheDuration="P"`}, federation.MetadataInvalid, "", time.Time{}, 0},
		"an entity":          {fakesaml.Publication{Change: func(s string) string { return "<!DOCTYPE x [<!ENTITY a 'b'>]>" + s }}, federation.MetadataInvalid, "", time.Time{}, 0},
		"no certificate":     {fakesaml.Publication{Keys: []*fakesaml.Key{mustKey(t, 1024, w.now)}}, federation.MetadataInvalid, "", time.Time{}, 0},
	} {
		d, err := w.publishes(federation.MetadataSource{}, &c.o)
		var failed *federation.MetadataError
		if problem = ""; errors.As(err, &failed) {
			problem = failed.Problem
		}
		if problem != c.problem || err != nil && failed == nil {
			t.Errorf("%s: the problem is %q (%v)", name, problem, err)
			continue
		}
		if err != nil {
			continue
		}
		if d.SignOnBinding != c.binding || d.LogoutBinding != c.binding || !d.ValidUntil.Equal(c.until) || d.CacheFor != c.cacheFor || d.SignOnURL != signOn || d.LogoutURL != w.idp.LogoutURL {
			t.Errorf("%s: read %+v", name, d)
		}
	}
	marked, err := w.idp.Publish(&fakesaml.Publication{})
	must(t, err)
	if id, _, err := w.connector.ReadDescription(append([]byte("\xef\xbb\xbf"), marked...)); err != nil || id != entityID {
		t.Errorf("with a byte order mark: %q (%v)", id, err)
	}
}

// SAM-34: signatures by ECDSA are two numbers beside one another, and count as those by RSA.
func TestFinish_believesECDSA(t *testing.T) {
	t.Parallel()
	for name, curve := range map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()} {
		w := newWorld(t)
		key, err := fakesaml.NewECKey(curve, w.now)
		must(t, err)
		other, err := fakesaml.NewECKey(curve, w.now)
		must(t, err)
		w.conn.SAML.Certificates = []string{key.Certificate()}
		good := w.document(func(r *fakesaml.Response) { r.SignAssertion = &fakesaml.Signing{Key: key} })
		if a, err := w.finish(good); err != nil || a.Subject != "persistent:alice" {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := w.finish(w.document(func(r *fakesaml.Response) { r.SignAssertion = &fakesaml.Signing{Key: other} })); err == nil {
			t.Errorf("%s: another key signs in", name)
		}
		if _, err := w.bytes(strings.Replace(written(t, good), ">alice<", ">mallory<", 1)); err == nil {
			t.Errorf("%s: what was changed signs in", name)
		}
		for what, value := range map[string]string{"nothing": "", "one byte": "AA==", "zeros": strings.Repeat("A", 88), "too much": strings.Repeat("A", 400)} {
			doc := good.Copy()
			doc.FindElement("//ds:SignatureValue").SetText(value)
			if _, err := w.finish(doc); err == nil {
				t.Errorf("%s: a signature of %s signs in", name, what)
			}
		}
	}
	old, err := fakesaml.NewECKey(elliptic.P224(), time.Now())
	must(t, err)
	spec := federation.SAML{Certificates: []string{old.Certificate()}}
	trusted, err := spec.Trusted()
	must(t, err)
	if slices.ContainsFunc(trusted, federation.Strong) {
		t.Error("P-224 counts")
	}
}
