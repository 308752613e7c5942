package secret

import (
	"regexp"
	"testing"
)

// MayHaveForm decides which lines are looked at: it must find what Form finds, and leave the usual lines alone.
func TestMayHaveForm_missesNothingThatFormFinds(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(Form)
	for _, found := range []string{
		Token("plc_"), Token("pla_"), "plinto plays " + Token("plk_"), "pl pl%20" + Token("plx_"), "complete plpl" + " " + Token("plu_"),
		"x=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "-----BEGIN RSA PRIVATE KEY-----\nMIIE", "key=PRIVATE+KEY+abcdefgh",
		Token("plab_"),
	} {
		if !form.MatchString(found) {
			t.Errorf("%q has no form: this shows nothing", found)
		}
		if !MayHaveForm(found) {
			t.Errorf("%q is not looked at", found)
		}
	}
	for _, usual := range []string{"", "pl", "plinto", "a sample", "plinto serve: replica_url of plain_text, complete", "client_id=demo", "hash_slots=2 pl"} {
		if MayHaveForm(usual) {
			t.Errorf("%q is looked at", usual)
		}
	}
}
