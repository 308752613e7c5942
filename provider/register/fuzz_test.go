package register_test

import (
	"encoding/json"
	"testing"

	"plinto/internal/web"
	"plinto/provider"
)

// Whatever a stranger sends is either refused or metadata that can be stored and
// read back as they are, and that registered again stay the same.
func FuzzMetadata_whatIsAcceptedIsKept(f *testing.F) {
	for _, text := range []string{
		minimal, `{}`, `{"redirect_uris":["com.example.app:/cb"]}`, `{"redirect_uris":[null]}`, `{"client_name#fr":"x","redirect_uris":["https://a.example/?q"]}`,
		`{"jwks":{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]},"redirect_uris":["https://a.example/"]}`,
		`{"grant_types":["refresh_token","client_credentials","password"],"response_types":["token","code","code"],"redirect_uris":["https://a.example/","https://a.example/"]}`,
		`{"response_types":["id_token token"],"redirect_uris":["https://a.example/"]}`, `{"grant_types":["implicit"],"default_max_age":1e3}`,
		`{"vp_formats_supported":{"a":[{}]},"redirect_uris":["http://localhost/"],"Redirect_Uris":["x"]}`,
	} {
		f.Add([]byte(text), true)
	}
	f.Fuzz(func(t *testing.T, body []byte, implicit bool) {
		doc, err := web.ParseJSONObject(body)
		if err != nil {
			return
		}
		offer := provider.Offer{Implicit: implicit, ClientCredentials: implicit}
		m, problems := provider.DecodeMetadata(doc)
		m, missing := m.ForRegistration(offer, provider.Metadata{})
		if len(problems)+len(missing)+len(m.Validate(provider.Rules{})) > 0 {
			return
		}
		first, err := provider.EncodeMetadata(m)
		if err != nil {
			t.Fatalf("accepted and cannot be kept: %v", err)
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(first, &members); err != nil {
			t.Fatal(err)
		}
		again, problems := provider.DecodeMetadata(members)
		if len(problems) > 0 {
			t.Fatalf("kept and refused: %v", problems)
		}
		again, missing = again.ForRegistration(offer, m)
		second, err := provider.EncodeMetadata(again)
		if err != nil || len(missing) > 0 || string(first) != string(second) {
			t.Errorf("%s became %s %v %v", first, second, missing, err)
		}
		if len(m.AllowedOrigins)+len(m.Resources) > 0 || m.AccessTokenTTL != 0 || m.Profile == provider.ProfileLegacy && !implicit {
			t.Errorf("%s gave itself what an operator gives", first)
		}
	})
}
