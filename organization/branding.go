package organization

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"plinto/internal/brand"
	"plinto/internal/fault"
	"plinto/tenant"
)

// Branding is how pages and mails look that are for an organization. What is absent is as the tenant
// has it; the zero value is the tenant's look. It has no name and no links: pages call the
// organization by its name beside that of the tenant, whose terms hold.
type Branding struct {
	Light brand.Colors `json:"light,omitzero" yaml:"light"`
	Dark  brand.Colors `json:"dark,omitzero" yaml:"dark"`
	// Radius is of corners: brand.Look.
	Radius string `json:"radius,omitempty" yaml:"radius"`
	Font   string `json:"font,omitempty" yaml:"font"`
	// Logo and LogoDark are hashes of stored logos; "": none. In a manifest they are files. An
	// organization with a logo has no dark one of the tenant's.
	Logo     string `json:"logo,omitempty" yaml:"logo"`
	LogoDark string `json:"logo_dark,omitempty" yaml:"logo_dark"`
}

// ErrBranding reports a branding that cannot be shown. Its fields say what is wrong.
var ErrBranding = fault.New(fault.Invalid, "organization_branding", "The branding is not valid.")

// look is what the organization chooses itself.
func (b *Branding) look() brand.Look {
	return brand.Look{Light: b.Light, Dark: b.Dark, Radius: b.Radius, Font: b.Font}
}

// Check reports why a branding cannot be stored: ErrBranding. Each color is held against the grounds
// that all pages have, so what an organization chooses can be read whatever its tenant chooses.
func (b *Branding) Check() error {
	var wrong []fault.Field
	var says []string
	for _, p := range brand.Check(b.look()) {
		wrong = append(wrong, fault.Field{Pointer: "/" + strings.ReplaceAll(p.Path, ".", "/"), Message: p.Says})
		says = append(says, p.Path+" "+p.Says)
	}
	if b.LogoDark != "" && b.Logo == "" {
		wrong = append(wrong, fault.Field{Pointer: "/logo_dark", Message: "needs a logo beside it"})
		says = append(says, "logo_dark needs a logo beside it")
	}
	if len(wrong) == 0 {
		return nil
	}
	e := *ErrBranding.At(wrong...)
	e.Message = fmt.Sprintf("The branding is not valid: %s.", strings.Join(says, "; "))
	return &e
}

// Logos are the hashes of the logos that are shown, each once.
func (b *Branding) Logos() []string {
	t := tenant.Branding{Logo: b.Logo, LogoDark: b.LogoDark}
	return t.Logos()
}

// An EffectiveBranding is how pages look that are for an organization, value by value; "" is as Plinto
// ships it. A color that nobody chose follows from those that somebody did.
type EffectiveBranding struct {
	LightPrimary, LightAccent, DarkPrimary, DarkAccent, Radius, Font, Logo, LogoDark Value[string]
}

// Effective returns what is shown where the tenant has a branding.
func (b *Branding) Effective(of *tenant.Branding) EffectiveBranding {
	own := func(mine, tenants string) Value[string] {
		if mine != "" {
			return Value[string]{mine, FromOrganization}
		}
		return Value[string]{tenants, FromTenant}
	}
	e := EffectiveBranding{
		LightPrimary: own(b.Light.Primary, of.Light.Primary), LightAccent: own(b.Light.Accent, of.Light.Accent),
		DarkPrimary: own(b.Dark.Primary, of.Dark.Primary), DarkAccent: own(b.Dark.Accent, of.Dark.Accent),
		Radius: own(b.Radius, of.Radius), Font: own(b.Font, of.Font),
		Logo: own(b.Logo, of.Logo), LogoDark: own(b.LogoDark, of.LogoDark),
	}
	if b.Logo != "" {
		e.LogoDark = Value[string]{b.LogoDark, FromOrganization}
	}
	return e
}

// Within returns the branding of a tenant with what an organization of it chooses instead.
func (b *Branding) Within(of tenant.Branding) tenant.Branding {
	e := b.Effective(&of)
	of.Light = brand.Colors{Primary: e.LightPrimary.Value, Accent: e.LightAccent.Value}
	of.Dark = brand.Colors{Primary: e.DarkPrimary.Value, Accent: e.DarkAccent.Value}
	of.Radius, of.Font, of.Logo, of.LogoDark = e.Radius.Value, e.Font.Value, e.Logo.Value, e.LogoDark.Value
	return of
}

// EditBranding changes the branding of an organization, and nothing else of what edit changes: see
// UpdateByID. logos are those that it newly shows. The errors of edit and of UpdateByID,
// tenant.ErrLogoUnknown.
func (s *Service) EditBranding(ctx context.Context, id uuid.UUID, edit func(*Organization) error, logos ...brand.Logo) (Organization, error) {
	var refused error
	o, err := s.UpdateByID(ctx, id, func(o *Organization) {
		wanted := *o
		if refused = edit(&wanted); refused == nil {
			o.Branding = wanted.Branding
		}
	}, logos...)
	if err == nil {
		err = refused
	}
	return o, err
}

// Brandings finds what pages of organizations of the context's tenant load.
type Brandings interface {
	// Branding returns the branding of an organization, unless it is suspended. ErrNotFound.
	Branding(ctx context.Context, id uuid.UUID) (Branding, error)
	// Logo returns the PNG of a logo of any organization. tenant.ErrLogoUnknown.
	Logo(ctx context.Context, hash string) ([]byte, error)
}
