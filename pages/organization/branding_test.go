package organization_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"plinto/internal/brand"
	"plinto/internal/plintotest"
	"plinto/internal/testservice"
	"plinto/organization"
	"plinto/provider"
)

// brand gives an organization a look with a logo.
func (w *world) brand(o organization.Organization) {
	w.t.Helper()
	var file bytes.Buffer
	w.must(png.Encode(&file, image.NewNRGBA(image.Rect(0, 0, 30, 20))))
	logo, err := brand.DrawLogo(file.Bytes())
	w.must(err)
	_, err = w.EditBranding(w.In(), o.ID, func(o *organization.Organization) error {
		o.Branding.Light.Primary, o.Branding.Logo = "#a61e4d", logo.Hash
		return nil
	}, logo)
	w.must(err)
}

// look is what a page shows of an organization: the line about it, the style sheet and the logo.
func look(p *plintotest.Page) (line, style, logo string) {
	return strings.TrimSpace(p.Doc.Find("#on").Text()), p.Doc.Find("link[rel=stylesheet]").Last().AttrOr("href", ""), p.Doc.Find("#logo").AttrOr("src", "")
}

func (w *world) fetched(address string) (status int, kept, body string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.Issuer()+address, nil)
	w.must(err)
	res, err := w.HTTP().Do(r)
	w.must(err)
	defer res.Body.Close()
	var text bytes.Buffer
	_, err = text.ReadFrom(res.Body)
	w.must(err)
	return res.StatusCode, res.Header.Get("Cache-Control"), text.String()
}

// plain removes the marks that set a value off in a line.
func plain(text string) string { return strings.NewReplacer("\u2068", "", "\u2069", "").Replace(text) }

func TestBranding_isThatOfTheOrganizationOfTheRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, _ := w.client(provider.OrganizationNone) // with a consent page
	acme := w.organization("acme", "admin")
	w.brand(acme)
	p := w.Browser().Open(w.request(c, "acme"))
	line, style, logo := look(p)
	if plain(line) != "ACME on "+w.Tenant.Name || !strings.HasSuffix(p.Doc.Find("title").Text(), w.Tenant.Name) || plain(p.Doc.Find(".foot bdi").Text()) != w.Tenant.Name {
		t.Errorf("the page says %q, its title %q: it must name the tenant", line, p.Doc.Find("title").Text())
	}
	status, kept, css := w.fetched(style)
	if status != 200 || !strings.Contains(css, "#a61e4d") || !strings.Contains(kept, "immutable") {
		t.Errorf("style %s: %d %s %s", style, status, kept, css)
	}
	if status, kept, _ = w.fetched(logo); status != 200 || !strings.Contains(kept, "immutable") {
		t.Errorf("logo %s: %d %s", logo, status, kept)
	}
	if status, kept, css = w.fetched(strings.Replace(style, acme.ID.String()+"-", acme.ID.String()+"-0", 1)); status != 200 || kept != "no-store" || !strings.Contains(css, "#a61e4d") {
		t.Errorf("another hash: %d %s %s", status, kept, css)
	}
	// The page after the sign-in has it from the membership.
	p = p.Submit("submit", plintotest.Alice())
	if now, sheet, _ := look(p); p.Doc.Find("#allow").Length() != 1 || now != line || sheet != style {
		t.Errorf("consent on %s says %q with %s", p.URL, now, sheet)
	}
	w.suspend(acme)
	if status, _, _ := w.fetched(style); status != 404 {
		t.Errorf("style of a suspended organization: %d", status)
	}
	if line, style, logo := look(w.Browser().Open(w.request(c, "acme"))); line != "" || strings.Contains(style, "/org-") || logo != "" {
		t.Errorf("suspended: %q %s %s", line, style, logo)
	}
}

// BRD-09: what strangers see of an organization is its look. Without one it cannot be told from one that is not there.
func TestBranding_showsStrangersNoOrganizationWithoutOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, _ := w.client(provider.OrganizationNone, plintotest.FirstParty)
	acme := w.organization("acme", "admin")
	for _, name := range []string{"acme", publicID(acme), "nobody"} {
		if line, style, logo := look(w.Browser().Open(w.request(c, name))); line != "" || strings.Contains(style, "/org-") || logo != "" {
			t.Errorf("%s: %q %s %s", name, line, style, logo)
		}
	}
}

func TestBranding_isThatOfTheChosenOrganization(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, _ := w.client(provider.OrganizationRequired)
	acme := w.organization("acme", "admin")
	w.organization("globex", "member")
	w.brand(acme)
	b := w.Browser()
	p := b.Open(w.request(c, "")).Submit("submit", plintotest.Alice())
	if line, _, _ := look(p); line != "" || p.Doc.Find("[name=organization]").Length() != 2 {
		t.Fatalf("the chooser on %s says %q", p.URL, line)
	}
	p = p.Submit("organization-0", map[string]string{"organization": publicID(acme)})
	if line, style, _ := look(p); plain(line) != "ACME on "+w.Tenant.Name || !strings.Contains(style, acme.ID.String()) {
		t.Errorf("after the choice %s says %q with %s", p.URL, line, style)
	}
}

// BRD-10: a name that is the tenant's, or markup, stands beside the tenant's and is text.
func TestBranding_doesNotPassForTheTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, _ := w.client(provider.OrganizationNone, plintotest.FirstParty)
	evil, err := w.Create(w.In(), organization.Organization{Slug: "evil", Name: `</p><script>x</script> Security`})
	w.must(err)
	w.brand(evil)
	p := w.Browser().Open(w.request(c, "evil"))
	if line, _, _ := look(p); plain(line) != "</p><script>x</script> Security on "+w.Tenant.Name || p.Doc.Find("#on script").Length() != 0 {
		t.Errorf("the page says %q", line)
	}
	if alt := p.Doc.Find("#logo").AttrOr("alt", ""); alt != evil.Name {
		t.Errorf("the logo is called %q", alt)
	}
}

// The look of a request for an organization costs one statement in a flow, and the page none.
func TestBranding_costsOneStatementInAFlow(t *testing.T) {
	t.Parallel()
	sql := &testservice.Statements{}
	w := newWorld(t, plintotest.Options{Tracer: sql})
	c, _ := w.client(provider.OrganizationNone, plintotest.FirstParty)
	w.brand(w.organization("acme", "admin"))
	w.Browser().Open(w.request(c, "acme"))
	asked := func(name string) (n int) {
		sent, _ := sql.During(func() { w.Browser().Open(w.request(c, name)) })
		for _, s := range sent {
			if strings.Contains(s, "organizations") {
				n++
			}
		}
		return n
	}
	if named, none := asked("acme"), asked(""); named != 1 || none != 0 {
		t.Errorf("%d statements for a named organization, %d for none", named, none)
	}
}
