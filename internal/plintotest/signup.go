package plintotest

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"plinto/internal/mailcatcher"
	"plinto/provider"
)

// Mailed waits for the n-th mail to an address and returns it.
func (s *Server) Mailed(to string, n int) mailcatcher.Mail {
	s.t.Helper()
	return s.Mail(func(m mailcatcher.Mail) bool { return m.To == to }, n)
}

// Mail waits for the n-th of the mails that are wanted and returns it.
func (s *Server) Mail(wanted func(mailcatcher.Mail) bool, n int) (found mailcatcher.Mail) {
	s.t.Helper()
	Eventually(s.t, fmt.Sprintf("mail %d of those that are wanted", n), func() bool {
		mails := slices.DeleteFunc(s.Mails.All(), func(m mailcatcher.Mail) bool { return !wanted(m) })
		if len(mails) < n {
			return false
		}
		found = mails[len(mails)-n]
		return true
	})
	return found
}

// HasCode reports whether there is a code in a mail.
func HasCode(m mailcatcher.Mail) bool { return codePattern.MatchString(m.Text) }

var codePattern = regexp.MustCompile(`(?m)^ +(\d{4} \d{4})$`)

// CodeOf is the code in a mail that asks for one.
func CodeOf(t testing.TB, m mailcatcher.Mail) string {
	t.Helper()
	match := codePattern.FindStringSubmatch(m.Text)
	if match == nil || !strings.Contains(m.HTML, match[1]) {
		t.Fatalf("no code in %s\n%s", m.Text, m.HTML)
	}
	return match[1]
}

// Ask opens a request with prompt=create and asks for a code.
func (s *Server) Ask(b *Browser, client *provider.Client, email string) *Page {
	s.t.Helper()
	p := b.Open(s.AuthorizeURL(client, url.Values{"prompt": {"create"}}))
	if p.URL.Path != "/sign-up" {
		s.t.Fatalf("prompt=create leads to %s (%d)", p.URL, p.Status)
	}
	return p.Submit("submit", map[string]string{"email": email})
}

// Verify types the code of the mail. The right one leads to the last page.
func (p *Page) Verify(code string) *Page { return p.Submit("submit", map[string]string{"code": code}) }

// Finish goes the rest of the way: the code, and if it is right, the account.
func (p *Page) Finish(code string) *Page {
	if p = p.Verify(code); p.Doc == nil || p.Doc.Find("#name").Length() == 0 {
		return p
	}
	return p.Submit("submit", map[string]string{"name": "New Comer", "password": Password})
}

// FlowCookies are the cookies of the browser's flows, as they are now.
func (b *Browser) FlowCookies() (kept []*http.Cookie) {
	for _, c := range b.Jar.Cookies(b.site()) {
		if strings.Contains(c.Name, "plinto_f_") {
			kept = append(kept, &http.Cookie{Name: c.Name, Value: c.Value, Path: "/", Secure: true})
		}
	}
	return kept
}

// GoBack puts older cookies back, as a browser's owner can.
func (b *Browser) GoBack(older []*http.Cookie) { b.Jar.SetCookies(b.site(), older) }

// Eventually waits until ok.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	late := time.After(time.Minute)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("never: %s", what)
		}
	}
}
