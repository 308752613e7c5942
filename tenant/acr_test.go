package tenant

import (
	"encoding/json"
	"slices"
	"testing"
)

// three levels; the highest takes no password.
var three = ACRLevels{{"low", []string{"pwd"}}, {"high", []string{"pwd", "otp"}}, {"key", []string{"hwk"}}}

func TestACRLevels_aSignInReachesTheHighestWhoseMethodsItHas(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		levels ACRLevels
		amr    []string
		want   string
	}{
		{nil, []string{"pwd"}, ACRPassword},
		{nil, []string{"otp"}, ""},
		{nil, nil, ""},
		{ACRLevels{}, []string{"pwd"}, ACRPassword},
		{three, []string{"pwd"}, "low"},
		{three, []string{"otp", "pwd"}, "high"},
		{three, []string{"otp"}, ""},
		{three, []string{"hwk"}, "key"},
		{three, []string{"pwd", "hwk", "mfa"}, "key"},
		{three, nil, ""},
		{ACRLevels{{"nothing", nil}}, []string{"pwd"}, ""},
		{ACRLevels{{"a", []string{"pwd"}}, {"b", []string{"pwd"}}}, []string{"pwd"}, "b"},
	} {
		if got := tt.levels.Reached(tt.amr); got != tt.want {
			t.Errorf("%v with %v: got %q, want %q", tt.levels, tt.amr, got, tt.want)
		}
	}
}

func TestACRLevels_answerWhatTheClientAskedForAndTheSignInReached(t *testing.T) {
	t.Parallel()
	password, both, key := []string{"pwd"}, []string{"pwd", "otp"}, []string{"hwk"}
	for name, tt := range map[string]struct {
		levels    ACRLevels
		acr       string
		amr       []string
		wanted    []string
		satisfied bool
		answer    string
	}{
		"nothing asked for":                    {three, "high", both, nil, false, "high"},
		"its own":                              {three, "high", both, []string{"high"}, true, "high"},
		"a lower one":                          {three, "high", both, []string{"low"}, true, "low"},
		"the best of several":                  {three, "key", key, []string{"low", "high"}, true, "high"},
		"a higher one":                         {three, "low", password, []string{"high"}, false, "low"},
		"an unknown one":                       {three, "low", password, []string{"x", ""}, false, "low"},
		"an unknown one and its own":           {three, "low", password, []string{"x", "low"}, true, "low"},
		"a sign-in without a level":            {three, "", password, []string{"low"}, false, ""},
		"a sign-in without methods":            {three, "low", nil, []string{"low"}, false, ""},
		"a level that the tenant had":          {three, "old", both, []string{"old", "low"}, false, ""},
		"a level that takes more by now":       {three, "high", password, []string{"high"}, false, ""},
		"a lower level, its own takes more":    {three, "high", password, []string{"low"}, false, ""},
		"the default":                          {nil, ACRPassword, password, []string{ACRPassword}, true, ACRPassword},
		"the default, where there are others":  {three, ACRPassword, password, []string{ACRPassword}, false, ""},
		"another tenant's, where is a default": {nil, "low", password, []string{"low"}, false, ""},
	} {
		if got := tt.levels.Satisfies(tt.acr, tt.amr, tt.wanted); got != tt.satisfied {
			t.Errorf("%s: satisfied %t, want %t", name, got, tt.satisfied)
		}
		if got := tt.levels.Answer(tt.acr, tt.amr, tt.wanted); got != tt.answer {
			t.Errorf("%s: answered %q, want %q", name, got, tt.answer)
		}
	}
}

func TestACRLevels_haveNamesInTheirOrder(t *testing.T) {
	t.Parallel()
	if got := three.Names(); !slices.Equal(got, []string{"low", "high", "key"}) || !three.Has("key") || three.Has(ACRPassword) || three.Has("") {
		t.Errorf("got %v", got)
	}
	if got := ACRLevels(nil).Names(); !slices.Equal(got, []string{ACRPassword}) || !ACRLevels(nil).Has(ACRPassword) {
		t.Errorf("by default: got %v", got)
	}
	if !ACRLevels(nil).Same(ACRLevels{{ACRPassword, nil}}) || three.Same(three[:2]) || three.Same(nil) {
		t.Error("levels are compared by something else than their names")
	}
}

// A server of the version before reads what this one wrote, and the other way round.
func TestSettings_ofAnotherVersionAreRead(t *testing.T) {
	t.Parallel()
	var s Settings
	if err := json.Unmarshal([]byte(`{"require_pkce":true,"of_a_later_version":[{"a":1}]}`), &s); err != nil || !s.RequirePKCE || s.ACRLevels != nil {
		t.Errorf("got %+v, %v", s, err)
	}
	if text, err := json.Marshal(Settings{}); err != nil || string(text) != "{}" {
		t.Errorf("the default is stored as %s, %v; want {}", text, err)
	}
}
