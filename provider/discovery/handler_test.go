package discovery

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"plinto/provider"
	"plinto/tenant"
)

// The documents are kept as files, so that a change of what the server offers is seen
// byte for byte. `UPDATE=1 go test ./provider/discovery` writes them again.
func TestDocument_isByteForByteWhatItWas(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]tenant.Settings{
		"default.json":    {},
		"everything.json": everything,
	} {
		got, file := serve(t, settings), filepath.Join("testdata", name)
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(file, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

// everything is a tenant that offers all there is.
var everything = tenant.Settings{
	AllowImplicit: true, SignUp: tenant.SignUp{Enabled: true}, RequirePAR: true, Registration: tenant.Registration{Mode: tenant.RegistrationOpen},
}

func serve(t *testing.T, settings tenant.Settings) []byte {
	t.Helper()
	h := &Handler{Locales: []string{"en", "de"}, SignUp: func(t *tenant.Tenant) bool { return t.Settings.SignUp.Enabled }}
	ctx := tenant.With(t.Context(), &tenant.Tenant{Slug: "acme", Issuer: "https://id.example", Settings: settings})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/.well-known/openid-configuration", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("got %d, want 200", w.Code)
	}
	return w.Body.Bytes()
}

// What is advertised where everything is allowed is the table, list by list.
func TestDocument_advertisesTheTable(t *testing.T) {
	t.Parallel()
	var doc map[string]any
	if err := json.Unmarshal(serve(t, everything), &doc); err != nil {
		t.Fatal(err)
	}
	tables := map[string][]string{
		"scopes_supported": provider.StandardScopes, "claims_supported": provider.ClaimNames, "claim_types_supported": provider.ClaimTypes,
		"response_types_supported": provider.ResponseTypes, "response_modes_supported": provider.ResponseModes,
		"grant_types_supported": provider.GrantTypes, "subject_types_supported": provider.SubjectTypes, "acr_values_supported": {tenant.ACRPassword},
		"prompt_values_supported": provider.Prompts, "code_challenge_methods_supported": provider.ChallengeMethods, "ui_locales_supported": {"en", "de"},
		"token_endpoint_auth_methods_supported": provider.AuthMethods, "revocation_endpoint_auth_methods_supported": provider.AuthMethods,
		"introspection_endpoint_auth_methods_supported": provider.ConfidentialMethods,
		"request_object_signing_alg_values_supported":   provider.SigningAlgs,
	}
	for member, value := range doc {
		list, ok := value.([]any)
		if !ok {
			continue
		}
		want := tables[member]
		switch {
		case want != nil:
		case strings.HasSuffix(member, "encryption_alg_values_supported"):
			want = provider.WrapAlgs
		case strings.HasSuffix(member, "encryption_enc_values_supported"):
			want = provider.ContentAlgs
		case strings.HasSuffix(member, "signing_alg_values_supported"):
			want = provider.TokenSigningAlgs
		}
		got := make([]string, len(list))
		for i, v := range list {
			got[i], _ = v.(string)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", member, got, want)
		}
	}
}

// What a tenant's pages are not in is not advertised, and a change is seen.
func TestDocument_namesTheLanguagesOfTheTenant(t *testing.T) {
	t.Parallel()
	h := &Handler{Locales: []string{"en", "de", "ar"}, SignUp: func(*tenant.Tenant) bool { return false }}
	for _, c := range []struct{ offered, want []string }{{nil, []string{"en", "de", "ar"}}, {[]string{"ar", "en"}, []string{"ar", "en"}}, {[]string{"de"}, []string{"de"}}} {
		ctx := tenant.With(t.Context(), &tenant.Tenant{Slug: "acme", Issuer: "https://id.example", Settings: tenant.Settings{Languages: c.offered}})
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/.well-known/openid-configuration", nil))
		var doc metadata
		if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(doc.UILocalesSupported, c.want) {
			t.Errorf("%q: advertises %q, want %q", c.offered, doc.UILocalesSupported, c.want)
		}
	}
}
