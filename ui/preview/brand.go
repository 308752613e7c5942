package preview

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"strings"

	"plinto/internal/brand"
	"plinto/ui"
)

// A Brand is one that pages are shown in.
type Brand struct {
	Key   string // in addresses
	Title string
	ui.Brand
	Look brand.Look
	// Logo returns a picture by the name that its path ends with. It is asked for those of Brand only.
	Logo func(ctx context.Context, name string) ([]byte, error)
}

// Plain is the key of the brand of a tenant that chose nothing.
const Plain = "none"

// Presets are brands that nobody has: without anything, and with everything that can be chosen.
func Presets() []Brand {
	links := ui.Brand{Name: "Acme", Terms: "https://acme.example/terms", Privacy: "https://acme.example/privacy", Support: "https://acme.example/help"}
	return []Brand{
		{Key: Plain, Title: "No brand", Brand: ui.Brand{Name: "Acme"}},
		preset("berry", "Berry", links, brand.Look{
			Light: brand.Colors{Primary: "#c2255c"}, Dark: brand.Colors{Primary: "#f783ac"}, Radius: "large", Font: "serif",
		}, palette{disc: rgb(0xe64980), light: rgb(0x3b0a2a), dark: rgb(0xffdeeb)}),
		preset("lagoon", "Lagoon", ui.Brand{Name: "Lagoon"}, brand.Look{
			Light: brand.Colors{Primary: "#0b7285"}, Dark: brand.Colors{Primary: "#66d9e8", Accent: "#99e9f2"}, Radius: "none", Font: "humanist",
		}, palette{}),
		preset("amber", "Amber", ui.Brand{Name: "Amber & Sons"}, brand.Look{
			Light: brand.Colors{Primary: "#b28f00"}, Radius: "24px", Font: "rounded",
		}, palette{disc: rgb(0xb28f00), light: rgb(0x5c4a00), dark: rgb(0xffe066)}),
	}
}

// A palette is the colors of a logo: of its disc, and of its name on light and on dark pages.
type palette struct{ disc, light, dark color.NRGBA }

func rgb(n uint32) color.NRGBA {
	return color.NRGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 0xff}
}

// preset is a brand with a style sheet, and with a logo where it has colors for one.
func preset(key, title string, b ui.Brand, look brand.Look, p palette) Brand {
	b.Style = "/brand/brand-" + brand.Hash(look) + ".css"
	made := Brand{Key: key, Title: title, Brand: b, Look: look}
	if p == (palette{}) {
		return made
	}
	made.Brand.Logo, made.LogoDark = "/brand/logo-"+key+".png", "/brand/logo-"+key+"-dark.png"
	made.Logo = func(_ context.Context, name string) ([]byte, error) {
		ink := p.light
		if strings.HasSuffix(made.LogoDark, name) {
			ink = p.dark
		}
		return logo(p.disc, ink)
	}
	return made
}

// logo draws a disc, and bars for a name.
func logo(disc, ink color.NRGBA) ([]byte, error) {
	drawn := image.NewNRGBA(image.Rect(0, 0, 400, 104))
	for y := range 104 {
		for x := range 400 {
			inDisc := (x-52)*(x-52)+(y-52)*(y-52) < 52*52
			inBar := x > 130 && (x-130)%54 < 36 && y > 30 && y < 74+(x/54%2)*20
			switch {
			case inDisc:
				drawn.SetNRGBA(x, y, disc)
			case inBar:
				drawn.SetNRGBA(x, y, ink)
			}
		}
	}
	var out bytes.Buffer
	err := png.Encode(&out, drawn)
	return out.Bytes(), err
}
