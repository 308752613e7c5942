package clientauth

import (
	"encoding/base64"
	"net/http"
	"testing"

	"plinto/internal/web"
	"plinto/tenant"
)

// FuzzPresentedCredentials sends any Authorization header, and any client_id and
// secret in the body: at most one way is taken, and only what may be a client_id
// gets as far as storage.
func FuzzPresentedCredentials(f *testing.F) {
	encode := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, seed := range []string{"", encode("web:secret"), encode("web%3A1:a%20b"), encode("web"), encode(":"), encode("a\x00b:c"), encode("%:%"), "Basic ", "Basic !", "Bearer x", "basic d2ViOng="} {
		f.Add(seed, "", "")
		f.Add(seed, "web", "secret")
	}
	ctx := tenant.With(f.Context(), &tenant.Tenant{Issuer: "https://op.example"})
	f.Fuzz(func(t *testing.T, header, id, secret string) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://op.example/oauth2/token", nil)
		if err != nil {
			t.Fatal(err)
		}
		if header != "" {
			r.Header["Authorization"] = []string{header}
		}
		form := web.Form{"client_id": {id}, "client_secret": {secret}}
		given, err := presentedCredentials(ctx, r, form)
		if err != nil {
			return
		}
		if header != "" && secret != "" {
			t.Errorf("two ways at once: %q, %q", header, secret)
		}
		if len(given.readings) == 0 || len(given.readings) > 2*maxSplits {
			t.Errorf("%d readings", len(given.readings))
		}
		for _, reading := range given.readings {
			got := reading.id
			if !wellFormedID(got) || id != "" && got != id {
				t.Errorf("client_id %q of header %q, body %q", got, header, id)
			}
		}
	})
}
