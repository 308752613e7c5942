package ui

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"
)

// brandName is what the page calls its owner.
func brandName(p Page) string {
	if p.Brand.Name == "" {
		return "Plinto"
	}
	return p.Brand.Name
}

// logoName is whose logo the page shows where the client has none.
func logoName(p Page) string {
	if p.Brand.LogoOf != "" {
		return p.Brand.LogoOf
	}
	return brandName(p)
}

// pageTitle names the page and its owner, once.
func pageTitle(p Page, title string) string {
	if title == brandName(p) {
		return title
	}
	return title + " · " + brandName(p)
}

// errorTitle says in the title of a page that something is wrong: a screen reader reads
// it first, and it tells tabs apart.
func errorTitle(p Page, wrong bool, title string) string {
	if !wrong {
		return title
	}
	return p.Locale.T("common.error_title", "title", title)
}

// before and after are what a text says before and after a placeholder, for a value
// that the page sets off.
func before(text, placeholder string) string {
	head, _, _ := strings.Cut(text, placeholder)
	return head
}

func after(text, placeholder string) string {
	_, tail, _ := strings.Cut(text, placeholder)
	return tail
}

// initial is the letter shown where there is no logo.
func initial(c Client, p Page) string {
	name := c.Name
	if name == "" {
		name = brandName(p)
	}
	r, _ := utf8.DecodeRuneInString(name)
	return string(r)
}

// clientLogo is the logo of a client, or "". One that nobody vouches for has none.
func clientLogo(c Client) string {
	if c.Unvouched {
		return ""
	}
	return SafeImage(c.LogoURL)
}

// ours are the addresses of what makes the pages of a tenant its own.
var ours = regexp.MustCompile(`^/brand/[a-z0-9-]+\.(css|png)$`)

// branded returns an address below the page's issuer, or "": nothing but our own style
// sheets and pictures is loaded.
func branded(p Page, path string) string {
	if !ours.MatchString(path) {
		return ""
	}
	return p.Base + path
}

// scopeTitle words a scope: ours by the translations, others by their own
// description, and by their name when they have none.
func scopeTitle(p Page, s Scope) string {
	key := "scope." + s.Name
	if p.Locale.has(key) {
		return p.Locale.T(key)
	}
	if s.Description != "" {
		return s.Description
	}
	return s.Name
}

// signInTitle is the heading of the sign-in page.
func signInTitle(v SignInView) string {
	if v.ReauthUser != "" {
		return v.Locale.T("signin.reauth.title")
	}
	return v.Locale.T("signin.title")
}

// signInSubmit is the key of its button.
func signInSubmit(v SignInView) string {
	if v.ReauthUser != "" {
		return "common.continue"
	}
	return "signin.title"
}

// signInProblem says why the form is shown again. That a wait may be needed is said with
// every wrong password: whether it is needed must not show.
func signInProblem(v SignInView) string {
	text := v.Locale.T(string(v.Problem), "duration", v.Locale.Duration(v.RetryAfter))
	if v.Problem == SignInWrong {
		text += " " + v.Locale.T("signin.wrong.wait")
	}
	return text
}

// sentText is what the page says about the mail, but for the address.
func sentText(v SignUpCodeView) string {
	key := "signup.sent"
	if v.Again {
		key = "signup.sent.again"
	}
	return v.Locale.T(key, "duration", v.Locale.Duration(v.Life))
}

// statusRole has a text read out when the page comes because of it.
func statusRole(changed bool) string {
	if changed {
		return "status"
	}
	return "note"
}

// passwordText says in the page's language what is wrong with a password.
func passwordText(p Page, rules PasswordRules, problem PasswordProblem) string {
	return p.Locale.T(string(problem), "min", strconv.Itoa(rules.Min), "max", strconv.Itoa(rules.Max))
}

// promptLabel words the empty prompt.
func promptLabel(p string) string {
	if p == "" {
		return "(as needed)"
	}
	return p
}

// notes mark a field that is wrong and describe it by the problem and its hints.
func notes(wrong bool, hints ...string) templ.Attributes {
	marks := templ.Attributes{}
	if wrong {
		marks["aria-invalid"] = "true"
		hints = append([]string{"problem"}, hints...)
	}
	if len(hints) > 0 {
		marks["aria-describedby"] = strings.Join(hints, " ")
	}
	return marks
}

// current marks the navigation link of the page that is shown.
func current(title, page string) templ.Attributes {
	if title != page {
		return nil
	}
	return templ.Attributes{"aria-current": "page"}
}
