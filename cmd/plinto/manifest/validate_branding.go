package manifest

import (
	"encoding/base64"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"plinto/internal/brand"
	"plinto/internal/displayname"
	"plinto/internal/redirecturi"
	"plinto/tenant"
)

// pngData begins a picture that is in the manifest itself, as export writes it (RFC 2397).
const pngData = "data:image/png;base64,"

// maxBrandName bounds the name of a brand, in characters.
const maxBrandName = 60

// branding checks how the pages and mails of a tenant look, and draws its logos: the
// settings then have their hashes.
func (v *validator) branding(t *Tenant) {
	b := &t.Settings.Branding
	at := func(path string) *node { return t.At.find("settings.branding." + path) }
	for _, p := range brand.Check(b.Look()) {
		v.problems.at(at(p.Path), "%s", p.Says)
	}
	if b.Name != "" && (displayname.Line(b.Name, maxBrandName) != b.Name || strings.TrimSpace(b.Name) == "") {
		v.problems.at(at("name"), "must be one line of at most %d characters", maxBrandName)
	}
	for _, link := range []struct{ name, address string }{{"terms", b.Links.Terms}, {"privacy", b.Links.Privacy}, {"support", b.Links.Support}} {
		if link.address != "" && !linkable(link.address) {
			v.problems.at(at("links."+link.name), "must be an https address")
		}
	}
	b.Logo = v.logo(t, at("logo"), b.Logo)
	b.LogoDark = v.logo(t, at("logo_dark"), b.LogoDark)
	if b.LogoDark != "" && b.Logo == "" {
		v.problems.at(at("logo_dark"), "needs a logo beside it")
	}
}

// linkable reports whether pages may lead to an address.
func linkable(address string) bool {
	origins := redirecturi.Origins([]string{address})
	return strings.HasPrefix(address, "https://") && len(origins) == 1 && !strings.ContainsAny(address, " \t\r\n\\@")
}

// logo draws what is named or written at a place, keeps it with the tenant, and returns
// its hash.
func (v *validator) logo(t *Tenant, at *node, from string) string {
	if from == "" {
		return ""
	}
	file, err := v.picture(from)
	if err == nil {
		var logo brand.Logo
		if logo, err = brand.DrawLogo(file); err == nil {
			if !slices.ContainsFunc(t.logos, func(l brand.Logo) bool { return l.Hash == logo.Hash }) {
				t.logos = append(t.logos, logo)
			}
			return logo.Hash
		}
	}
	v.problems.at(at, "%s", err)
	return ""
}

// picture reads a logo: a file, whose name counts from the manifest, or what is written out.
func (v *validator) picture(from string) ([]byte, error) {
	if data, ok := strings.CutPrefix(from, pngData); ok {
		file, err := base64.StdEncoding.DecodeString(data)
		if err != nil {
			return nil, errors.New("is not base64")
		}
		return file, nil
	}
	if strings.HasPrefix(from, "data:") {
		return nil, errors.New("must be the name of a file, or begin with " + pngData)
	}
	if strings.Contains(from, "://") {
		return nil, errors.New("must be the name of a file: nothing is fetched")
	}
	if !filepath.IsAbs(from) {
		from = filepath.Join(v.dir, from)
	}
	f, err := os.Open(from)
	if err != nil {
		return nil, errors.New("cannot be read: " + reason(err))
	}
	defer f.Close()
	file, err := io.ReadAll(io.LimitReader(f, brand.MaxLogoBytes+1))
	if err != nil {
		return nil, errors.New("cannot be read: " + reason(err))
	}
	return file, nil
}

// reason is an error of a file without its name, which the problem's place has.
func reason(err error) string {
	var at *os.PathError
	if errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}

// writtenOut has a logo in the manifest itself.
func writtenOut(png []byte) string { return pngData + base64.StdEncoding.EncodeToString(png) }

// withLogos are settings as export writes them.
func withLogos(s tenant.Settings, read func(hash string) ([]byte, error)) (tenant.Settings, error) {
	for _, logo := range []*string{&s.Branding.Logo, &s.Branding.LogoDark} {
		if *logo == "" {
			continue
		}
		png, err := read(*logo)
		if err != nil {
			return s, err
		}
		*logo = writtenOut(png)
	}
	return s, nil
}
