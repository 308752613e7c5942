package playground

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestExplain_saysWhatASignInShows(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_800_000_000, 0)
	now := at.Add(30 * time.Second)
	for name, c := range map[string]struct {
		ask    Ask
		got    signIn
		title  string
		says   []string
		silent []string
	}{
		"a password": {
			Ask{},
			signIn{"urn:one", []string{"pwd"}, at.Unix() + 29},
			"You signed in with a password",
			[]string{"The highest level", "pwd: a password", "in this sign-in, just now"},
			[]string{"mfa"},
		},
		"a step-up": {
			Ask{ACR: "urn:two", Insist: true},
			signIn{"urn:two", []string{"pwd", "otp", "mfa"}, at.Unix() - 300},
			"You are signed in, by a password and a code",
			[]string{"insisted on. Plinto would have refused less", "otp: a one-time code", "before this sign-in, 5 minutes ago"},
			nil,
		},
		"a wish that was not met": {
			Ask{ACR: "urn:two"}, signIn{"urn:one", []string{"pwd"}, at.Unix()}, "You signed in with a password", []string{"Not urn:two", "a wish"}, nil,
		},
		"a passkey":     {Ask{}, signIn{"", []string{"hwk", "user", "mfa"}, at.Unix()}, "You signed in with a passkey", []string{"No level", "cannot leave its device"}, nil},
		"a mail":        {Ask{}, signIn{"", []string{"email"}, at.Unix()}, "You signed in with a code by mail", []string{"email: a code or link"}, nil},
		"less than due": {Ask{ACR: "urn:two", Insist: true}, signIn{"urn:one", []string{"x"}, at.Unix()}, "You signed in with a password", []string{"has to refuse this", "does not know"}, nil},
	} {
		o := explain(&c.ask, at, now, &c.got)
		text := ""
		for _, l := range o.Lines {
			text += l.Claim + "=" + l.Value + " " + l.Text + "\n"
		}
		if o.Title != c.title {
			t.Errorf("%s: title %q, want %q", name, o.Title, c.title)
		}
		for _, want := range c.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not in %s", name, want, text)
			}
		}
		for _, not := range c.silent {
			if strings.Contains(text, not) {
				t.Errorf("%s: %q is in %s", name, not, text)
			}
		}
	}
}

// Tabs of one browser have sign-ins of their own, each is answered once, and the oldest are forgotten.
func TestAnswered_isEachSignInOnce(t *testing.T) {
	t.Parallel()
	p := New(Client{}, nil)
	for i := range mostPending + 1 {
		p.await(attempt{state: string(rune('a' + i))})
	}
	for state, want := range map[string]bool{"a": false, "b": true, "i": true, "": false, "z": false} {
		if _, ok := p.answered(state); ok != want {
			t.Errorf("%q is answered: %t, want %t", state, ok, want)
		}
		if _, ok := p.answered(state); ok {
			t.Errorf("%q is answered twice", state)
		}
	}
}

func TestRefusal_isInWords(t *testing.T) {
	t.Parallel()
	p := New(Client{}, nil)
	if err := p.Callback(url.Values{"state": {""}}); err == nil || errors.Is(err, ErrAnswered) {
		t.Errorf("before anything: %v", err)
	}
	for r, want := range map[Refusal]string{
		{"unmet_authentication_requirements", "x"}: "Add a second step or a passkey",
		{"access_denied", ""}:                      "pressed Cancel",
		{"strange", "So it is."}:                   "The issuer answered strange.  So it is.",
	} {
		if got := r.Error(); !strings.Contains(strings.ReplaceAll(got, "  ", " "), strings.ReplaceAll(want, "  ", " ")) {
			t.Errorf("%s: %q", r.Code, got)
		}
	}
}
