package manifest

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"plinto/internal/brand"
	"plinto/internal/fault"
)

// pngData begins a picture that is in the manifest itself, as export writes it (RFC 2397).
const pngData = "data:image/png;base64,"

// logos draws the logos of a tenant: its settings then have their hashes.
func (v *validator) logos(t *Tenant) {
	b := &t.Settings.Branding
	b.Logo = v.logo(&t.logos, t.At.find("settings.branding.logo"), b.Logo)
	b.LogoDark = v.logo(&t.logos, t.At.find("settings.branding.logo_dark"), b.LogoDark)
}

// organizationBranding draws the logos of an organization, and checks how its pages look.
func (v *validator) organizationBranding(o *Organization) {
	b := &o.Branding
	b.Logo = v.logo(&o.logos, o.At.find("branding.logo"), b.Logo)
	b.LogoDark = v.logo(&o.logos, o.At.find("branding.logo_dark"), b.LogoDark)
	if f, wrong := fault.As(b.Check()); wrong {
		for _, field := range f.Fields {
			v.problems.at(o.At.find("branding"+strings.ReplaceAll(field.Pointer, "/", ".")), "%s", field.Message)
		}
	}
}

// logo draws what is named or written at a place, keeps it among those of the same owner, and
// returns its hash.
func (v *validator) logo(kept *[]brand.Logo, at *node, from string) string {
	if from == "" {
		return ""
	}
	file, err := v.picture(from)
	if err == nil {
		var logo brand.Logo
		if logo, err = brand.DrawLogo(file); err == nil {
			if !slices.ContainsFunc(*kept, func(l brand.Logo) bool { return l.Hash == logo.Hash }) {
				*kept = append(*kept, logo)
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

// writeOut replaces the hashes of logos by the logos, as export writes them.
func writeOut(ctx context.Context, read func(ctx context.Context, hash string) ([]byte, error), logos ...*string) error {
	for _, logo := range logos {
		if *logo == "" {
			continue
		}
		png, err := read(ctx, *logo)
		if err != nil {
			return err
		}
		*logo = writtenOut(png)
	}
	return nil
}
