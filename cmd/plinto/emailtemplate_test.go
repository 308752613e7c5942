package main

import (
	"strings"
	"testing"
)

func TestEmailTemplate_isChangedAndShown(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.ok("email-template", "set", "password.changed", "--language", "de", "--text", "subject=Neues Passwort bei {tenant}")
	var rows []emailTextRow
	x.into(&rows, "email-template", "show", "password.changed", "--language", "de")
	if rows[0].Part != "subject" || rows[0].Source != "tenant" || rows[0].Text != "Neues Passwort bei {tenant}" || rows[0].Default == rows[0].Text {
		t.Errorf("got %+v", rows[0])
	}
	if shown := x.ok("email-template", "preview", "password.changed", "--language", "de"); !strings.HasPrefix(shown, "Subject: Neues Passwort bei acme\n") {
		t.Errorf("got %s", shown)
	}
	x.refused(exitUsage, "{password}", "email-template", "set", "password.changed", "--text", "subject={password}")
	x.refused(exitUsage, "has no script", "email-template", "set", "password.changed", "--text", "script=x")
	x.refused(exitFailed, "no emails of that kind", "email-template", "show", "nothing")
	x.ok("email-template", "set", "password.changed", "--language", "de", "--reset", "subject")
	if x.into(&rows, "email-template", "show", "password.changed", "--language", "de"); rows[0].Source != "default" {
		t.Errorf("got %+v", rows[0])
	}
	var kinds []string
	if x.into(&kinds, "email-template", "list"); len(kinds) < 20 || kinds[0] != "shared" {
		t.Errorf("kinds are %v", kinds)
	}
}
