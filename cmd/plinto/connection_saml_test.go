package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plinto/internal/fakesaml"
)

func TestConnection_bySAML(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	idp, err := fakesaml.New("https://idp.example/entity", "https://idp.example/sso")
	if err != nil {
		t.Fatal(err)
	}
	old, err := fakesaml.NewKey(2048, time.Now().AddDate(-1, 0, 20)) // it is valid for twenty days more
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(x.dir, "idp.xml")
	write := func(key *fakesaml.Key) {
		idp.Key = key
		if err := os.WriteFile(file, idp.Metadata(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	first := idp.Key
	write(first)
	create := []string{"connection", "create", "work", "--name", "Work", "--metadata-file", file, "--email-domains", "example.com"}
	x.ok("tenant", "create", "acme")
	x.refused(exitFailed, "has not switched SAML on", create...)
	x.refused(exitUsage, "must be on or off", "tenant", "update", "acme", "--saml", "yes")
	x.ok("tenant", "update", "acme", "--saml", "on")
	x.refused(exitUsage, "must be named", append(create[:len(create)-1:len(create)-1], "*")...)
	if out := x.ok(create...); !strings.Contains(out, "/federation/work/acs") || !strings.Contains(out, "/federation/work/metadata") {
		t.Errorf("says %s", out)
	}
	var row connectionRow
	x.into(&row, "connection", "show", "work")
	if row.Kind != "saml" || row.Issuer != idp.EntityID || row.SAML == nil || row.SAML.SignOnURL != idp.SignOnURL || row.EntityID == "" || row.SAML.Certificates[0] != first.Certificate() {
		t.Errorf("shown %+v", row)
	}
	x.ok("connection", "test", "work")
	healthy, _ := x.diagnose()
	wants(t, healthy, "connection work of acme", severityOK, "is valid")
	write(old)
	x.ok("connection", "update", "work", "--metadata-file", file, "--sign-requests")
	x.into(&row, "connection", "show", "work")
	if row.SAML.Certificates[0] != old.Certificate() || !row.SAML.SignRequests {
		t.Errorf("updated to %+v", row.SAML)
	}
	if out := x.ok("connection", "test", "work"); !strings.Contains(out, "expires on") {
		t.Errorf("a certificate that expires: %s", out)
	}
	all, _ := x.diagnose()
	wants(t, all, "connection work of acme", severityWarn, "expires on")
	x.ok("connection", "update", "work", "--metadata-file", file, "--sign-on-url", "https://idp.example/other") // the flag goes before the file
	x.into(&row, "connection", "show", "work")
	if row.SAML.SignOnURL != "https://idp.example/other" || row.SAML.Certificates[0] != old.Certificate() {
		t.Errorf("updated to %+v", row.SAML)
	}
	if err := os.WriteFile(file, []byte("<html/>"), 0o600); err != nil {
		t.Fatal(err)
	}
	x.refused(exitFailed, "is not valid", "connection", "update", "work", "--metadata-file", file)
}
