package ui

import (
	"slices"
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

// pageTitle names the page and its owner, once.
func pageTitle(p Page, title string) string {
	if title == brandName(p) {
		return title
	}
	return title + " · " + brandName(p)
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

// errorText explains a code in the user's language, or says the general thing.
func errorText(v ErrorView) string {
	key := "error." + v.Code
	if v.Locale.has(key) {
		return v.Locale.T(key)
	}
	return v.Locale.T("error.text")
}

// promptLabel words the empty prompt.
func promptLabel(p string) string {
	if p == "" {
		return "(as needed)"
	}
	return p
}

// wrong marks the field that the error is about.
func wrong(v SetupAdminView, field string) templ.Attributes {
	if v.Error == "" || v.Field != field {
		return nil
	}
	return templ.Attributes{"aria-invalid": "true", "aria-describedby": "problem"}
}

// passwordNotes is wrong for the password, which has a hint besides.
func passwordNotes(v SetupAdminView) templ.Attributes {
	notes := templ.Attributes{"aria-describedby": "password-hint"}
	if w := wrong(v, "password"); w != nil {
		notes["aria-invalid"], notes["aria-describedby"] = "true", "problem password-hint"
	}
	return notes
}

// signUpNotes describes a field by its hint ("" for none), and by the problem when
// that is one of those about it.
func signUpNotes(problem SignUpProblem, hint string, about ...SignUpProblem) templ.Attributes {
	notes := templ.Attributes{}
	if hint != "" {
		notes["aria-describedby"] = hint
	}
	if slices.Contains(about, problem) {
		notes["aria-invalid"], notes["aria-describedby"] = "true", strings.TrimSpace("problem "+hint)
	}
	return notes
}

func aboutPassword(p SignUpProblem) bool { return p == SignUpPassword || p == SignUpNoPassword }

// current marks the navigation link of the page that is shown.
func current(title, page string) templ.Attributes {
	if title != page {
		return nil
	}
	return templ.Attributes{"aria-current": "page"}
}
