package tenant

import (
	"cmp"
	"context"
	"slices"

	"plinto/internal/brand"
	"plinto/internal/fault"
)

// Branding is how the hosted pages and mails of a tenant look. The zero value is Plinto's
// look with the tenant's name.
type Branding struct {
	// Name is what pages and mails call the tenant; "": its name.
	Name  string       `json:"name,omitempty" yaml:"name"`
	Light brand.Colors `json:"light,omitzero" yaml:"light"`
	Dark  brand.Colors `json:"dark,omitzero" yaml:"dark"`
	// Radius is of corners: brand.Look.
	Radius string `json:"radius,omitempty" yaml:"radius"`
	Font   string `json:"font,omitempty" yaml:"font"`
	// Logo and LogoDark are hashes of stored logos; "": none, and no other in the dark. In a
	// manifest they are files.
	Logo     string     `json:"logo,omitempty" yaml:"logo"`
	LogoDark string     `json:"logo_dark,omitempty" yaml:"logo_dark"`
	Links    BrandLinks `json:"links,omitzero" yaml:"links"`
}

// BrandLinks are https addresses that every page and mail leads to; "": none.
type BrandLinks struct {
	Terms   string `json:"terms,omitempty" yaml:"terms"`
	Privacy string `json:"privacy,omitempty" yaml:"privacy"`
	Support string `json:"support,omitempty" yaml:"support"`
}

// Look is what the style sheet is made of.
func (b Branding) Look() brand.Look {
	return brand.Look{Light: b.Light, Dark: b.Dark, Radius: b.Radius, Font: b.Font}
}

// Logos are the hashes of the logos that are shown, each once.
func (b Branding) Logos() []string {
	shown := []string{} // not nil: it is compared in SQL
	for _, hash := range []string{b.Logo, b.LogoDark} {
		if hash != "" && !slices.Contains(shown, hash) {
			shown = append(shown, hash)
		}
	}
	return shown
}

// Brand is what people know the tenant as.
func (t *Tenant) Brand() string { return cmp.Or(t.Settings.Branding.Name, t.Name) }

// Names are what the tenant is called: nobody else may have a name that passes for one of them. The brand is what pages
// and mails show.
func (t *Tenant) Names() []string { return []string{t.Name, t.Slug, t.Brand()} }

// ErrLogoUnknown reports a logo, or a style sheet, that the tenant does not have.
var ErrLogoUnknown = fault.New(fault.NotFound, "logo_unknown", "There is no such picture.")

// Logos finds the logos of the tenant of ctx.
type Logos interface {
	// ByHash returns the PNG of a logo, or ErrLogoUnknown.
	ByHash(ctx context.Context, hash string) ([]byte, error)
}
