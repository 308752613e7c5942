package challenge_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"plinto/identity"
	"plinto/internal/mailcatcher"
	"plinto/internal/plintotest"
	"plinto/tenant"
)

// mailing is a tenant whose users sign in with a code by mail.
func mailing() plintotest.Options {
	return plintotest.Options{Mail: true, Settings: tenant.Settings{EmailSignIn: tenant.EmailSignInOn, Devices: tenant.Devices{Check: tenant.CheckOn}}}
}

func byMail(name string) url.Values { return url.Values{"username": {name}, "email_code": {"true"}} }

func TestMailCode_signsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mailing())
	asked := w.posts(w.request(nil), "insufficient_authorization sign_in")
	if got := fmt.Sprint(asked.JSON["methods"]); got != "[password email_code]" {
		t.Errorf("methods are %s", got)
	}
	sent := w.posts(w.next(asked, byMail(alice)), "insufficient_authorization email")
	first := w.code(1)
	if sent.JSON["sent_to"] != alice {
		t.Errorf("got %s", sent.Text)
	}
	letter := w.Mail(func(m mailcatcher.Mail) bool { return m.To == alice }, 1)
	if strings.Contains(letter.Text, "/login/email/link") {
		t.Errorf("the mail has a link that no browser can open: %s", letter.Text)
	}
	sent = w.posts(w.next(sent, url.Values{"resend": {"true"}}), "insufficient_authorization email")
	second := w.code(2)
	sent = w.posts(w.next(sent, url.Values{"code": {first}}), "insufficient_authorization email incorrect_code")
	done := w.posts(w.next(sent, url.Values{"code": {second}}), "")
	if claims := w.redeems(done); claims["sub"] != w.alice.PublicID() || fmt.Sprint(claims["amr"]) != "[email]" {
		t.Errorf("claims %v", claims)
	}
	// Known by it: a password is not asked for a code of the same mailbox.
	w.posts(with(w.request(password()), url.Values{"device_token": {w.text(done, "device_token")}}), "")
	// Another way is open while a code is awaited.
	w.posts(w.next(w.posts(w.request(byMail(alice)), "insufficient_authorization email"), url.Values{"username": {alice}, "password": {"not it"}}), "insufficient_authorization sign_in incorrect_credentials")
}

// A code gives one sign-in, however often it is sent with an auth_session.
func TestMailCode_countsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mailing())
	form := w.next(w.posts(w.request(byMail(alice)), "insufficient_authorization email"), url.Values{"code": {w.code(1)}})
	w.countsOnce(form)
}

// It is one factor: who has another is asked for it, and the code of the mail is used up by then.
func TestMailCode_isNoSecondFactor(t *testing.T) {
	t.Parallel()
	o := mailing()
	o.Settings.MFA.Policy, o.Settings.Devices.Check = tenant.MFARequired, tenant.CheckOff
	w := newWorld(t, o)
	shows := w.enrols()
	form := w.next(w.posts(w.request(byMail(alice)), "insufficient_authorization email"), url.Values{"code": {w.code(1)}})
	factor := w.posts(form, "insufficient_authorization factor")
	w.posts(form, "insufficient_authorization email incorrect_code")
	if claims := w.redeems(w.posts(w.next(factor, url.Values{"code": {shows()}}), "")); fmt.Sprint(claims["amr"]) != "[email otp mfa]" {
		t.Errorf("claims %v", claims)
	}
}

// Whoever asks learns nothing of who has an account, and is bounded as on the page.
func TestMailCode_saysTheSameOfUnknownNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mailing())
	answers := func(name string) []string {
		var all []string
		a := w.posts(w.request(byMail(name)), "insufficient_authorization email")
		for range 5 {
			all = append(all, shape(a, name))
			a = w.posts(w.next(a, url.Values{"code": {"00000000"}}), "insufficient_authorization email incorrect_code")
		}
		for range 4 {
			a = w.Send(http.MethodPost, path, w.request(byMail(name)))
			all = append(all, shape(a, name))
		}
		return all
	}
	known, unknown := answers(alice), answers("zlice@example.com")
	if strings.Join(known, "\n") != strings.Join(unknown, "\n") {
		t.Errorf("known\n%s\nunknown\n%s", strings.Join(known, "\n"), strings.Join(unknown, "\n"))
	}
	if last := known[len(known)-1]; !strings.HasPrefix(last, "400 redirect_to_web") { // where an effort comes first
		t.Errorf("the fifth mail: %s", last)
	}
}

// shape is what an answer tells, and how long its auth_session is.
func shape(a plintotest.Answer, name string) string {
	session, _ := a.JSON["auth_session"].(string)
	return fmt.Sprintf("%d %v %v %v %v %t %d", a.StatusCode, a.JSON["error"], a.JSON["error_description"], a.JSON["step"], a.JSON["problem"], a.JSON["sent_to"] == name, len(session))
}

func TestMailCode_onlyWhereItIsWanted(t *testing.T) {
	t.Parallel()
	o := mailing()
	o.Settings.EmailSignIn = tenant.EmailSignInOff
	w := newWorld(t, o)
	asked := w.posts(w.request(byMail(alice)), "insufficient_authorization sign_in")
	if got := fmt.Sprint(asked.JSON["methods"]); got != "[password]" {
		t.Errorf("methods are %s", got)
	}
	if len(w.Mails.All()) != 0 {
		t.Error("a mail was sent")
	}
}

// EML-08: names of one account have wrong codes and mails together, and nothing tells that they are of one.
func TestMailCode_namesOfAnAccountHaveOneBudget_EML_08(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mailing())
	w.Make(identity.User{Email: "carol@example.com", EmailVerified: true, Username: "carol"})
	to := func(m mailcatcher.Mail) bool { return m.To == "carol@example.com" }
	for n := range 2 {
		a := w.posts(w.request(byMail("carol@example.com")), "insufficient_authorization email")
		w.Mail(to, n+1)
		for range 5 {
			a = w.posts(w.next(a, url.Values{"code": {"00000000"}}), "insufficient_authorization email incorrect_code")
		}
	}
	a := w.posts(w.request(byMail("carol")), "insufficient_authorization email")
	newest := plintotest.CodeOf(t, w.Mail(to, 3))
	w.posts(w.next(a, url.Values{"code": {newest}}), "insufficient_authorization email incorrect_code")
	w.posts(w.request(byMail("carol")), "insufficient_authorization email")
	w.Mail(to, 4)
	fifth := w.posts(w.request(byMail("carol")), "insufficient_authorization email")
	unknown := w.posts(w.request(byMail("carox")), "insufficient_authorization email")
	if known, other := shape(fifth, "carol"), shape(unknown, "carox"); known != other {
		t.Errorf("it is told: %s, and of nobody %s", known, other)
	}
	w.posts(w.request(byMail(alice)), "insufficient_authorization email")
	w.code(1) // mails are sent in order, more or less
	if sent := slices.DeleteFunc(w.Mails.All(), func(m mailcatcher.Mail) bool { return !to(m) }); len(sent) != 4 {
		t.Errorf("%d mails", len(sent))
	}
}
