package organization_test

import (
	"strings"
	"testing"

	"plinto/internal/brand"
	"plinto/internal/fault"
	"plinto/organization"
	"plinto/tenant"
)

func TestBranding_isTheTenantsWhereNothingWasChosen(t *testing.T) {
	t.Parallel()
	of := tenant.Branding{
		Name: "Cloud", Light: brand.Colors{Primary: "#0b7285", Accent: "#0b7285"}, Dark: brand.Colors{Primary: "#66d9e8"}, Radius: "large", Font: "serif",
		Logo: "tenants", LogoDark: "tenants-dark", Links: tenant.BrandLinks{Terms: "https://cloud.example/terms"},
	}
	if got := (&organization.Branding{}).Within(of); got != of {
		t.Errorf("nothing chosen: %+v", got)
	}
	mine := organization.Branding{Light: brand.Colors{Primary: "#a61e4d"}, Radius: "none", Logo: "mine"}
	want := of
	want.Light.Primary, want.Radius, want.Logo, want.LogoDark = "#a61e4d", "none", "mine", ""
	if got := mine.Within(of); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	e := mine.Effective(&of)
	if e.LightPrimary.Source != organization.FromOrganization || e.LightAccent.Source != organization.FromTenant || e.LogoDark.Source != organization.FromOrganization {
		t.Errorf("the sources are %+v", e)
	}
}

// BRD-08: what an organization chooses is held against the same grounds as what a tenant does.
func TestBranding_thatCannotBeShownIsRefused(t *testing.T) {
	t.Parallel()
	for says, b := range map[string]organization.Branding{
		"/light/primary has a contrast of 1.51": {Light: brand.Colors{Primary: "#ffcc00"}},
		"/dark/accent must be a color":          {Dark: brand.Colors{Accent: "red; } body { display: none"}},
		"/radius must be none":                  {Radius: "1px } body { display: none"},
		"/font must be humanist":                {Font: `x"; src: url(//evil.example)`},
		"/logo_dark needs a logo":               {LogoDark: "hash"},
	} {
		o := organization.Organization{Slug: "acme", Name: "Acme", Branding: b}
		f, wrong := fault.As(o.Check())
		if !wrong || f.Code != "organization_branding" || len(f.Fields) != 1 || !strings.HasPrefix(f.Fields[0].Pointer+" "+f.Fields[0].Message, says) {
			t.Errorf("%s: got %+v", says, f)
		}
	}
	o := organization.Organization{Slug: "acme", Name: "Acme", Branding: organization.Branding{Light: brand.Colors{Primary: "#a61e4d"}, Radius: "0px", Font: "rounded"}}
	if err := o.Check(); err != nil {
		t.Error(err)
	}
}
