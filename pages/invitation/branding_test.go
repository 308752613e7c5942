package invitation_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"plinto/internal/brand"
	"plinto/organization"
)

// An invitation, its mail and the sign-in that it leads to look like its organization, beside the tenant's name.
func TestInvitation_looksLikeItsOrganization(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.User(alice)
	var file bytes.Buffer
	must(t, png.Encode(&file, image.NewNRGBA(image.Rect(0, 0, 30, 20))))
	logo, err := brand.DrawLogo(file.Bytes())
	must(t, err)
	_, err = w.organizations.EditBranding(w.ctx, w.acme.ID, func(o *organization.Organization) error {
		o.Branding.Light.Primary, o.Branding.Logo = "#a61e4d", logo.Hash
		return nil
	}, logo)
	must(t, err)
	_, link := w.invite(alice)
	mail := w.Mailed(alice, 1)
	picture := w.Issuer() + "/brand/org-" + w.acme.ID.String() + ".png"
	for _, part := range []string{`src="` + picture + `"`, `alt="Acme &lt;b&gt;Inc.&lt;/b&gt;"`, "solid #a61e4d", "<bdi>" + w.Tenant.Name + "</bdi>"} {
		if !strings.Contains(mail.HTML, part) {
			t.Errorf("no %s in the mail %s", part, mail.HTML)
		}
	}
	if status, kept := w.fetched(picture); status != http.StatusOK || strings.Contains(kept, "immutable") {
		t.Errorf("%s: %d %s", picture, status, kept)
	}
	b := w.Browser()
	p := b.Open(link)
	for range 2 { // the invitation, then the sign-in
		if line := p.Doc.Find("#on").Text(); !strings.Contains(line, "Acme <b>Inc.</b>") || !strings.Contains(line, w.Tenant.Name) || !strings.Contains(p.Doc.Find("#logo").AttrOr("src", ""), logo.Hash) {
			t.Errorf("%s says %q", p.URL, line)
		}
		if p.Doc.Find("#sign-in").Length() == 1 {
			p = p.Submit("sign-in", nil)
		}
	}
	must(t, w.organizations.Suspend(w.ctx, w.acme.ID))
	if p := b.Open(link); p.Doc.Find("#on").Length() != 0 {
		t.Errorf("suspended: %s", says(p))
	}
	if status, _ := w.fetched(picture); status != http.StatusNotFound {
		t.Errorf("the logo of a suspended organization: %d", status)
	}
}

func (w *world) fetched(address string) (status int, kept string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, address, nil)
	must(w.t, err)
	res, err := w.HTTP().Do(r)
	must(w.t, err)
	must(w.t, res.Body.Close())
	return res.StatusCode, res.Header.Get("Cache-Control")
}
