package assembly

import (
	"slices"
	"strings"
	"testing"

	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// Requests may ask for what the table of offers holds, and for nothing else.
func TestAssemble_acceptsExactlyWhatIsOffered(t *testing.T) {
	t.Parallel()
	a, ctx, o := world()
	a.SignUp = func(*tenant.Tenant) bool { return true }
	o.client.AuthorizationEncryptedAlg = "RSA-OAEP-256" // without it a query carries no tokens
	others := []string{"plain", "web_message", "query.query", "jwt.jwt", "CREATE", "S512", ".jwt"}
	for parameter, list := range map[string]struct {
		offered []string
		query   string
	}{
		"response_mode":         {provider.ResponseModes, usual + "&response_mode="},
		"prompt":                {provider.Prompts, usual + "&prompt="},
		"code_challenge_method": {provider.ChallengeMethods, strings.Replace(usual, "code_challenge_method=S256", "", 1) + "&code_challenge_method="},
	} {
		for _, value := range slices.Concat(list.offered, others) {
			params, err := web.ParseQueryRepeatable(list.query + value)
			if err != nil {
				t.Fatal(err)
			}
			_, err = a.Assemble(ctx, params)
			if offered := slices.Contains(list.offered, value); (err == nil) != offered {
				t.Errorf("%s %q: got %v, offered %t", parameter, value, err, offered)
			}
		}
	}
}
