package scope_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plinto/internal/scope"
)

func TestParse_keepsOrderAndDropsRepetitions(t *testing.T) {
	t.Parallel()
	for parameter, want := range map[string][]string{
		"":                              nil,
		"   ":                           nil,
		"openid":                        {"openid"},
		"profile openid email":          {"profile", "openid", "email"},
		"openid email openid":           {"openid", "email"},
		" openid  email ":               {"openid", "email"},
		"openid OpenID":                 {"openid", "OpenID"},
		"https://api.test/a:b!#[]~ x:*": {"https://api.test/a:b!#[]~", "x:*"},
	} {
		got, err := scope.Parse(parameter)
		if err != nil {
			t.Errorf("%q: %v", parameter, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", parameter, diff)
		}
	}
}

func TestParse_refusesOtherCharactersAndSizes_RFC6749_3_3(t *testing.T) {
	t.Parallel()
	numbered := func(n int) string {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprint("s", i))
		}
		return scope.Join(names)
	}
	for _, parameter := range []string{
		"openid\temail", "openid\nemail", "openid\r", "\x00", "a\x7f", `say"`, `back\slash`, "é", "\xff", "openid\u00a0email",
		strings.Repeat("a", scope.MaxBytes+1), numbered(scope.MaxScopes + 1), strings.Repeat("a ", scope.MaxScopes+1),
		strings.Repeat(strings.Repeat("a", 99)+" ", 11),
	} {
		if got, err := scope.Parse(parameter); !errors.Is(err, scope.ErrInvalid) || got != nil {
			t.Errorf("%.40q: %v, %v", parameter, got, err)
		}
	}
	for _, parameter := range []string{strings.Repeat("a", scope.MaxBytes), numbered(scope.MaxScopes)} {
		if _, err := scope.Parse(parameter); err != nil {
			t.Errorf("%.40q: %v", parameter, err)
		}
	}
}

func TestSubset_comparesWithCase(t *testing.T) {
	t.Parallel()
	allowed := []string{"openid", "email"}
	for _, c := range []struct {
		scopes []string
		want   bool
	}{
		{nil, true},
		{[]string{"email"}, true},
		{[]string{"email", "openid"}, true},
		{[]string{"Email"}, false},
		{[]string{"email", "admin"}, false},
		{[]string{"open"}, false},
		{[]string{""}, false},
	} {
		if got := scope.Subset(c.scopes, allowed); got != c.want {
			t.Errorf("%q: %v", c.scopes, got)
		}
	}
	if scope.Subset([]string{"openid"}, nil) {
		t.Error("openid is no subset of nothing")
	}
	if !scope.Contains(allowed, "openid") || scope.Contains(allowed, "OPENID") || scope.Contains(nil, "") {
		t.Error("Contains")
	}
}

// FuzzParse compares with the grammar of RFC 6749 §3.3, repetitions and surplus spaces aside.
func FuzzParse(f *testing.F) {
	grammar := regexp.MustCompile(`^ *([!#-\[\]-~]+( +[!#-\[\]-~]+)* *)?$`)
	f.Add("openid email openid")
	f.Add(" a  b ")
	f.Add("a\tb")
	f.Add(`a"b\c`)
	f.Fuzz(func(t *testing.T, parameter string) {
		got, err := scope.Parse(parameter)
		fields := strings.FieldsFunc(parameter, func(r rune) bool { return r == ' ' })
		want := grammar.MatchString(parameter) && len(parameter) <= scope.MaxBytes && len(fields) <= scope.MaxScopes
		if want != (err == nil) {
			t.Fatalf("%q: %v, grammar says %v", parameter, err, want)
		}
		if err != nil {
			return
		}
		again, err := scope.Parse(scope.Join(got))
		if err != nil || !cmp.Equal(got, again) || !scope.Subset(fields, got) || !scope.Subset(got, fields) {
			t.Fatalf("%q: %q then %q, %v", parameter, got, again, err)
		}
	})
}
