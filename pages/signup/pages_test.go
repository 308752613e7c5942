package signup

import (
	"testing"

	"plinto/identity"
	"plinto/internal/paths"
	"plinto/provider"
)

// A page that is opened out of turn leads to the one the sign-up has come to.
func TestPageOf_isWhereTheSignUpHasComeTo(t *testing.T) {
	t.Parallel()
	for want, signUp := range map[string]*identity.SignUp{
		paths.SignUp: nil, paths.SignUpCode: {MailedCode: identity.MailedCode{Email: "a@example.com"}},
		paths.SignUpAccount: {MailedCode: identity.MailedCode{Email: "a@example.com", Code: "1"}},
	} {
		if got := pageOf(&provider.Flow{SigningUp: signUp}); got != want {
			t.Errorf("%+v: got %s, want %s", signUp, got, want)
		}
	}
}
