package provider_test

import (
	"regexp"
	"testing"

	"plinto/federation"
	"plinto/internal/mailcatcher"
	"plinto/internal/plintotest"
)

var (
	notMe  = regexp.MustCompile(`https?://\S+/not-me\?token=\S+`)
	linked = regexp.MustCompile(`new way to sign in|neue Anmeldemöglichkeit`) // in the user's language
)

// FED-18: who has an account hears of each identity that is linked to it, and "This wasn't me" takes that back. A user who
// came with it is told nothing: nobody had the account before.
func TestProvider_tellsTheUserOfALinkedIdentity_FED_18(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Mail: true}, trusting, func(s *federation.Spec) { s.Provision = federation.ProvisionAll })
	w.idp.Add(account("new", "new@example.com"))
	if p := w.through(w.Browser(), "new"); !signedIn(p) {
		t.Fatalf("the first sign-in: %s", text(p))
	}
	w.User("alice@example.com")
	if p := w.through(w.Browser(), "alice"); !signedIn(p) {
		t.Fatalf("signed in by the address: %s", text(p))
	}
	about := func(m mailcatcher.Mail) bool { return linked.MatchString(m.Subject) }
	m := w.Mail(about, 1)
	if m.To != "alice@example.com" {
		t.Fatalf("told %s", m.To)
	}
	page := w.Browser().Open(notMe.FindString(m.Text))
	if done := page.Submit("submit", nil); done.Doc.Find("#not-me-done").Length() != 1 {
		t.Fatalf("%d: %s", done.Status, text(done))
	}
	if left := w.identities("alice@example.com"); len(left) != 0 {
		t.Errorf("%d identities are left", len(left))
	}
	for _, m := range w.Mails.All() {
		if m.To == "new@example.com" && about(m) {
			t.Error("who came with the identity is told of it")
		}
	}
}
