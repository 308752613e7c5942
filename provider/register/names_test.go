package register_test

import (
	"strings"
	"testing"
	"time"

	"plinto/internal/plintotest"
	"plinto/provider"
	"plinto/tenant"
)

func named(name string) string {
	return `{"redirect_uris":["https://rp.example/cb"],"client_name":"` + name + `"}`
}

// PAG-01: users read the name of a client when they decide whom to trust.
func TestRegister_namesHoldNothingThatIsNotSeen(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, sign := range []string{`\u202e`, `\u200b`, `\u200d`, `\u2066`, `\ufeff`, `\u00ad`, `\udb40\udc41`, `\n`, `\t`, `\ue000`, `\u3164`} {
		post(s, named("Ac"+sign+"me")).Wants(t, 400, "invalid_client_metadata")
		post(s, `{"redirect_uris":["https://rp.example/cb"],"client_name":"Photos","client_name#de":"Fo`+sign+`tos"}`).Wants(t, 400, "invalid_client_metadata")
	}
	post(s, named("Z"+strings.Repeat(`\u0335`, 9))).Wants(t, 400, "invalid_client_metadata")
	if made := registered(t, s, named(` Photos \u00a0 of  Zoë `)); made.JSON["client_name"] != "Photos of Zoë" {
		t.Errorf("registered as %q", made.JSON["client_name"])
	}
}

func TestRegister_namesPassForNobodyElse(t *testing.T) {
	t.Parallel()
	s := open(t, func(set *tenant.Settings) { set.Branding.Name = "North Bank" })
	s.Client(provider.Metadata{ClientName: "Cloud Storage", RedirectURIs: []string{"https://cloud.example/cb"}})
	for _, name := range []string{
		s.Tenant.Name, "Tеnаnt " + s.Tenant.Slug, s.Tenant.Slug + " Login", "Plinto", "PIinto", "Ρlinto Account (official)",
		"Cloud Storage", "CLOUD STORAGE", "Cl0ud Storage app", "Сlоud Stоrаgе", "Security Team", "Administrator",
		"North Bank", "Nоrth Bank™", "ɴᴏʀᴛʜ ʙᴀɴᴋ Login",
	} {
		a := post(s, named(name))
		if a.Wants(t, 400, "invalid_client_metadata"); strings.Contains(a.Text, "Cloud") {
			t.Errorf("%q: the answer names another client: %s", name, a.Text)
		}
		post(s, `{"redirect_uris":["https://rp.example/cb"],"client_name":"Photos","client_name#fr":"`+name+`"}`).Wants(t, 400, "invalid_client_metadata")
	}
	first := registered(t, s, named("Photos"))
	registered(t, s, named("Photos")) // one of strangers: nobody vouches for the name
	uri, token := own(s, first)
	rename := func(name string) plintotest.Answer {
		return put(s, uri, token, map[string]any{"client_id": first.JSON["client_id"], "redirect_uris": []string{"https://rp.example/cb"}, "client_name": name})
	}
	rename("Cloud Storage").Wants(t, 400, "invalid_client_metadata")
	// The name that it has stays its own, also when an operator comes later.
	s.Client(provider.Metadata{ClientName: "Photos", RedirectURIs: []string{"https://photos.example/cb"}})
	if a := rename("Photos"); a.StatusCode != 200 {
		t.Errorf("keeping its name: %d %s", a.StatusCode, a.Text)
	}
	post(s, named("Photos")).Wants(t, 400, "invalid_client_metadata")
}

// Who has an initial access token may call a second instance of an application the same.
func TestRegister_aVouchedClientMayBeCalledLikeAnother(t *testing.T) {
	t.Parallel()
	s := open(t, func(set *tenant.Settings) { set.Registration.Mode = tenant.RegistrationToken })
	token, _ := initial(t, s, 3, time.Hour)
	registered(t, s, named("Photos"), bearer(token))
	registered(t, s, named("Photos"), bearer(token))
	post(s, named(s.Tenant.Name), bearer(token)).Wants(t, 400, "invalid_client_metadata")
}
