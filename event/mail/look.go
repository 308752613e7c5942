package mail

import (
	"cmp"
	"strings"

	"plinto/internal/brand"
	"plinto/internal/paths"
	"plinto/tenant"
)

// A look is the colors of a mail, "#rrggbb": checked where they are declared, and once more
// where they are read.
type look struct{ primary, accent, darkAccent string }

func lookOf(b tenant.Branding) look {
	light, dark := brand.Palettes(b.Look())
	return look{
		primary: cmp.Or(light.Primary, "#3747d4"),
		accent:  cmp.Or(light.Accent, "#3747d4"), darkAccent: cmp.Or(dark.Accent, "#aab4ff"),
	}
}

// dark is what readers that know of darkness change. The others show a light mail.
func (l look) dark() string {
	return "<style>@media (prefers-color-scheme:dark){.ground{background:#0f1119!important}" +
		".card{background:#181b27!important;color:#f1f2f8!important}.tint{background:#232738!important}" +
		".soft{color:#aeb4c9!important}.link{color:" + l.darkAccent + "!important}}</style>"
}

func (l look) card() string {
	return "padding:24px;background:#ffffff;color:#171a2b;border-radius:8px;border-top:4px solid " + l.primary
}

func (l look) link() string { return "color:" + l.accent + ";font-weight:600" }

// fonts are those that systems have for the script of a language.
var fonts = map[string]string{
	"ar": "-apple-system,'Segoe UI','Noto Sans Arabic UI','Noto Sans Arabic',Tahoma,sans-serif",
	"ja": "-apple-system,'Hiragino Sans','Yu Gothic UI',Meiryo,'Noto Sans JP',sans-serif",
}

func (v view) tag() string { return texts.Tag(v.lang) }

func (v view) dir() string { return texts.Dir(v.lang) }

// sides are where lines of the language start and end.
func (v view) sides() (start, end string) {
	if v.dir() == "rtl" {
		return "right", "left"
	}
	return "left", "right"
}

func (v view) ground() string {
	start, _ := v.sides()
	font := cmp.Or(fonts[v.tag()], "system-ui,-apple-system,'Segoe UI',Roboto,sans-serif")
	return "max-width:34em;margin:0 auto;text-align:" + start + ";font:16px/1.5 " + font
}

func (v view) factName() string {
	_, end := v.sides()
	return "padding:2px 0;padding-" + end + ":16px;color:#565c74;white-space:nowrap;vertical-align:top"
}

func (v view) footLink() string {
	_, end := v.sides()
	return "color:#565c74;margin-" + end + ":12px"
}

// brand has a mail look like the tenant's pages.
func (v *view) brand(t *tenant.Tenant) {
	b := t.Settings.Branding
	v.look, v.legal = lookOf(b), b.Links
	if b.Logo != "" {
		v.Logo = t.URL(paths.PresentLogo)
	}
}

// links are what the tenant publishes about itself.
func (v view) links() (known []fact) {
	for _, l := range []fact{{"link.terms", v.legal.Terms}, {"link.privacy", v.legal.Privacy}, {"link.support", v.legal.Support}} {
		if strings.HasPrefix(l.value, "https://") {
			known = append(known, fact{v.own(l.name), l.value})
		}
	}
	return known
}
