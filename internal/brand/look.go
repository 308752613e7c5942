package brand

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Colors are those of one scheme, "#rrggbb" or "" for what follows from the others.
type Colors struct {
	// Primary is the ground of buttons; the text on it is black or white.
	Primary string `json:"primary,omitempty" yaml:"primary"`
	// Accent is the color of links and of what has the focus.
	Accent string `json:"accent,omitempty" yaml:"accent"`
}

// A Look is what a tenant chooses about its pages. The zero value is Plinto's.
type Look struct {
	Light, Dark Colors
	Radius      string // of corners: none, small, medium, large, or from 0px to 24px
	Font        string // system, serif, rounded or humanist
}

// A scheme is what the shipped style has under a tenant's colors.
type scheme struct {
	name    string
	card    string   // what buttons lie on
	grounds []string // what links stand on
	toward  string   // away from the grounds
	ink     string   // of texts
}

// schemes are those of ui/assets/app.css.
var (
	light = scheme{"light", "#ffffff", []string{"#ffffff", "#f3f4f8", "#eef0f8"}, "#000000", "#171a2b"}
	dark  = scheme{"dark", "#181b27", []string{"#181b27", "#0f1119", "#232738"}, "#ffffff", "#f1f2f8"}
)

// What WCAG 2.2 asks for at level AA: 1.4.3 of text, 1.4.11 of what can be operated.
const (
	textContrast    = 4.5
	controlContrast = 3.0
)

// How much of another color a button has under the pointer, and while it is pressed.
const (
	hoverPart  = 0.12
	activePart = 0.2
)

// A Problem is what is wrong with a look.
type Problem struct {
	Path string // "light.primary"
	Says string
}

// Check returns what is wrong with a look.
func Check(l Look) (problems []Problem) {
	for _, s := range []struct {
		scheme
		Colors
	}{{light, l.Light}, {dark, l.Dark}} {
		if says := s.check(s.Primary, "a button", controlContrast, []string{s.card}, "1.4.11"); says != "" {
			problems = append(problems, Problem{s.name + ".primary", says})
		}
		if says := s.check(s.Accent, "a link", textContrast, s.grounds, "1.4.3"); says != "" {
			problems = append(problems, Problem{s.name + ".accent", says})
		}
	}
	if _, ok := corner(l.Radius); !ok {
		problems = append(problems, Problem{"radius", "must be none, small, medium, large, or from 0px to 24px"})
	}
	if _, ok := fonts[l.Font]; !ok && l.Font != "" {
		problems = append(problems, Problem{"font", "must be " + strings.Join(slices.Sorted(maps.Keys(fonts)), ", ")})
	}
	return problems
}

// check returns what is wrong with one color of a scheme, and a color near it that is right.
func (s scheme) check(color, what string, least float64, grounds []string, criterion string) string {
	if color == "" {
		return ""
	}
	if !IsColor(color) {
		return `must be a color such as "#3b5bdb"`
	}
	ground, ratio := worst(color, grounds)
	if ratio >= least {
		return ""
	}
	return fmt.Sprintf("has a contrast of %.2f with the %s ground %s, where %s needs %g (WCAG 2.2, %s); %s has it",
		ratio, s.name, ground, what, least, criterion, reach(color, s.toward, least, grounds))
}

// A Palette is the colors of one scheme in full.
type Palette struct {
	Primary, OnPrimary, Accent string // "" where Plinto's stay
	// Hover and Active are Primary under the pointer, and while it is pressed.
	Hover, Active string
}

// Palettes returns the colors for light and dark. What a tenant did not choose follows from
// what it did: darkness from light, links from buttons, each as far as it can be read.
func Palettes(l Look) (onLight, onDark Palette) {
	first := known(l.Light.Primary)
	second := known(l.Dark.Primary)
	if second == "" && first != "" {
		second = reach(first, dark.toward, controlContrast, []string{dark.card})
	}
	return light.palette(first, known(l.Light.Accent)), dark.palette(second, known(l.Dark.Accent))
}

func (s scheme) palette(primary, accent string) (p Palette) {
	if primary != "" {
		p.Primary, p.OnPrimary = primary, On(primary)
		p.Hover, p.Active = s.pressed(primary, p.OnPrimary)
	}
	switch {
	case accent != "":
		p.Accent = accent
	case primary != "":
		p.Accent = reach(primary, s.toward, textContrast, s.grounds)
	}
	return p
}

// pressed returns the colors of a button under the pointer, and while it is pressed: nearer to the ink, or farther from its
// text where that could not be read then.
func (s scheme) pressed(primary, on string) (hover, active string) {
	with := s.ink
	if Contrast(mix(primary, with, activePart), on) < textContrast {
		with = opposite(on)
	}
	return mix(primary, with, hoverPart), mix(primary, with, activePart)
}

// known is a color, or "" of anything else: nothing else may get into a style.
func known(color string) string {
	if IsColor(color) {
		return color
	}
	return ""
}

// corner returns a radius as CSS has it; "" is the shipped one.
func corner(name string) (css string, ok bool) {
	if css, ok := map[string]string{"": "", "none": "0px", "small": ".25rem", "medium": ".5rem", "large": ".875rem"}[name]; ok {
		return css, true
	}
	number, isPixels := strings.CutSuffix(name, "px")
	n, err := strconv.Atoi(number)
	if !isPixels || err != nil || n < 0 || n > 24 || strconv.Itoa(n) != number {
		return "", false
	}
	return number + "px", true
}

// CSS returns the style sheet of a look, "" when it is Plinto's.
func CSS(l Look) string { return sheets.of(l).css }

// Hash names the style sheet of a look by what it says; "" when there is none.
func Hash(l Look) string { return sheets.of(l).hash }

// A sheet is a style sheet with the hash of what it says.
type sheet struct{ css, hash string }

// mostSheets bounds the sheets that are held, of about a kilobyte each.
const mostSheets = 2000

// sheets are those that were asked for last: every page names the one of its tenant, and
// finding colors that can be read takes as long as drawing the page.
var sheets = &held{by: map[Look]sheet{}}

type held struct {
	mu sync.RWMutex
	by map[Look]sheet
}

func (h *held) of(l Look) sheet {
	if l == (Look{}) {
		return sheet{}
	}
	h.mu.RLock()
	s, ok := h.by[l]
	h.mu.RUnlock()
	if ok {
		return s
	}
	if s.css = write(l); s.css != "" {
		sum := sha256.Sum256([]byte(s.css))
		s.hash = hex.EncodeToString(sum[:8])
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.by) >= mostSheets {
		clear(h.by)
	}
	h.by[l] = s
	return s
}

// write writes the style sheet of a look.
func write(l Look) string {
	onLight, onDark := Palettes(l)
	radius, _ := corner(l.Radius)
	stack := fonts[l.Font]
	var b strings.Builder
	rule(&b, ":root", onLight.declarations()+declaration("radius", radius)+declaration("font", stack.latin))
	if dim := onDark.declarations(); dim != "" {
		b.WriteString("@media (prefers-color-scheme: dark) {\n")
		rule(&b, ":root", dim)
		b.WriteString("}\n")
	}
	rule(&b, ":root:lang(ar)", declaration("font", stack.arabic))
	rule(&b, ":root:lang(ja)", declaration("font", stack.japanese))
	return b.String()
}

func (p Palette) declarations() string {
	return declaration("accent", p.Primary) + declaration("on-accent", p.OnPrimary) + declaration("accent-hover", p.Hover) +
		declaration("accent-active", p.Active) + declaration("link", p.Accent)
}

func declaration(name, value string) string {
	if value == "" {
		return ""
	}
	return " --" + name + ": " + value + ";"
}

func rule(b *strings.Builder, selector, declarations string) {
	if declarations != "" {
		b.WriteString(selector + " {" + declarations + " }\n")
	}
}
