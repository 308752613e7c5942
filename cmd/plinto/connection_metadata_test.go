package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plinto/internal/fakesaml"
)

// publisher answers with metadata that can change, at an address that the terminal's commands reach.
func publisher(t *testing.T, x *terminal) (url string, say func([]byte)) {
	t.Helper()
	var document atomic.Pointer[[]byte]
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if d := document.Load(); len(*d) > 0 {
			_, _ = w.Write(*d)
			return
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(server.Close)
	ca := filepath.Join(x.dir, "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	x.env = append(x.env, "PLINTO_EGRESS_ALLOW_LOOPBACK=true", "PLINTO_EGRESS_CA_FILE="+ca)
	return server.URL + "/metadata", func(d []byte) { document.Store(&d) }
}

func TestConnection_readsMetadata(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	url, say := publisher(t, x)
	idp, err := fakesaml.New("https://idp.example/entity", "https://idp.example/sso")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := fakesaml.NewKey(2048, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	publish := func(o fakesaml.Publication) {
		document, err := idp.Publish(&o)
		if err != nil {
			t.Fatal(err)
		}
		say(document)
	}
	sum := sha256.Sum256(signer.DER)
	create := []string{"connection", "create", "work", "--name", "Work", "--email-domains", "example.com", "--metadata-url", url}
	x.ok("tenant", "create", "acme")
	x.ok("tenant", "update", "acme", "--saml", "on")
	x.refused(exitUsage, "must have what signs the metadata", create...)
	create = append(create, "--metadata-certificate", strings.ToUpper(hex.EncodeToString(sum[:])))
	publish(fakesaml.Publication{})
	x.refused(exitUsage, "not signed", create...)
	publish(fakesaml.Publication{Signed: &fakesaml.Signing{Key: signer}})
	x.ok(create...)
	var row connectionRow
	x.into(&row, "connection", "show", "work")
	if row.Issuer != idp.EntityID || row.SAML.SignOnURL != idp.SignOnURL || row.SAML.MetadataURL != url || row.SAML.MetadataTrust != "signed" || row.Metadata == nil || row.Metadata.ReadAt == "" || row.Metadata.Problem != "" || row.LogoutAt == "" {
		t.Errorf("shown %+v, %+v", row, row.Metadata)
	}
	healthy, _ := x.diagnose()
	wants(t, healthy, "connection work of acme", severityOK, "is valid")
	say(nil)
	if out := x.ok("connection", "test", "work"); !strings.Contains(out, "cannot be fetched") {
		t.Errorf("the test says %s", out)
	}
	row = connectionRow{}
	x.into(&row, "connection", "show", "work")
	if row.Metadata.Problem != "unreachable" || row.Metadata.Since == "" || row.SAML.SignOnURL != idp.SignOnURL {
		t.Errorf("shown %+v", row.Metadata)
	}
	all, _ := x.diagnose()
	wants(t, all, "connection work of acme", severityWarn, "cannot be fetched")
	publish(fakesaml.Publication{Signed: &fakesaml.Signing{Key: signer}})
	x.ok("connection", "test", "work")
	row = connectionRow{}
	if x.into(&row, "connection", "show", "work"); row.Metadata.Problem != "" {
		t.Errorf("shown %+v", row.Metadata)
	}
	// What a manifest says of it stays what it says, whatever the metadata say.
	exported := x.ok("export", "--tenant", "acme", "--users=false")
	if strings.Contains(exported, idp.Key.Certificate()) || !strings.Contains(exported, url) {
		t.Errorf("exported %s", exported)
	}
	file := filepath.Join(x.dir, "exported.yaml")
	if err := os.WriteFile(file, []byte(exported), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := x.ok("apply", "-f", file); strings.Contains(out, "connection") {
		t.Errorf("applied again: %s", out)
	}
}

func TestConnection_rotatesItsKey(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	idp, err := fakesaml.New("https://idp.example/entity", "https://idp.example/sso")
	if err != nil {
		t.Fatal(err)
	}
	x.ok("tenant", "create", "acme")
	x.ok("tenant", "update", "acme", "--saml", "on")
	x.ok("connection", "create", "work", "--name", "Work", "--issuer", idp.EntityID, "--sign-on-url", idp.SignOnURL, "--certificate", idp.Key.Certificate())
	x.refused(exitFailed, "not the next step", "connection", "rotate-key", "work", "--activate")
	var published, active []keyPairRow
	x.into(&published, "connection", "rotate-key", "work")
	if len(published) != 2 || published[1].State != "next" {
		t.Fatalf("published %+v", published)
	}
	if out := x.ok("connection", "test", "work"); !strings.Contains(out, "activate it") {
		t.Errorf("the test says %s", out)
	}
	x.into(&active, "connection", "rotate-key", "work", "--activate")
	if len(active) != 2 || active[0].Fingerprint != published[1].Fingerprint || active[1].State != "previous" || active[1].Fingerprint != published[0].Fingerprint {
		t.Errorf("activated %+v", active)
	}
	x.ok("connection", "rotate-key", "work", "--retire")
	x.refused(exitUsage, "two steps", "connection", "rotate-key", "work", "--retire", "--activate")
}
