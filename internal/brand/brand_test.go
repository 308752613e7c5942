package brand

import (
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestLuminance_isThatOfTheStandard(t *testing.T) {
	t.Parallel()
	if got := Contrast("#000000", "#ffffff"); math.Abs(got-21) > 0.001 {
		t.Errorf("black on white: %f, want 21", got)
	}
	if got := Contrast("#777777", "#ffffff"); math.Abs(got-4.478) > 0.01 {
		t.Errorf("#777 on white: %f, want 4.48", got)
	}
}

// each calls f for 4096 colors.
func each(f func(color string)) {
	const hex = "0123456789abcdef"
	for r := range hex {
		for g := range hex {
			for b := range hex {
				f(string([]byte{'#', hex[r], hex[r], hex[g], hex[g], hex[b], hex[b]}))
			}
		}
	}
}

// Whatever button a tenant chooses, the text on it can be read, links can be read on every
// ground, and the button can be seen in the dark, which the tenant said nothing about.
func TestPalettes_canBeRead(t *testing.T) {
	t.Parallel()
	each(func(color string) {
		onLight, onDark := Palettes(Look{Light: Colors{Primary: color}})
		for s, p := range map[*scheme]Palette{&light: onLight, &dark: onDark} {
			if ratio := Contrast(p.Primary, p.OnPrimary); ratio < textContrast {
				t.Errorf("%s, %s: %s on %s is %.2f", color, s.name, p.OnPrimary, p.Primary, ratio)
			}
			if ground, ratio := worst(p.Accent, s.grounds); ratio < textContrast {
				t.Errorf("%s, %s: %s on %s is %.2f", color, s.name, p.Accent, ground, ratio)
			}
		}
		if ratio := Contrast(onDark.Primary, dark.card); ratio < controlContrast {
			t.Errorf("%s: a button %s in the dark has %.2f", color, onDark.Primary, ratio)
		}
	})
}

// BRD-02: nor does a text vanish while the button is under the pointer, or pressed.
func TestPalettes_canBeReadUnderThePointer(t *testing.T) {
	t.Parallel()
	each(func(color string) {
		onLight, onDark := Palettes(Look{Light: Colors{Primary: color}})
		_, chosen := Palettes(Look{Dark: Colors{Primary: color}})
		for _, c := range []struct {
			s *scheme
			p Palette
		}{{&light, onLight}, {&dark, onDark}, {&dark, chosen}} {
			for what, ground := range map[string]string{"under the pointer": c.p.Hover, "pressed": c.p.Active} {
				if ratio := Contrast(ground, c.p.OnPrimary); ratio < textContrast {
					t.Errorf("%s, %s, %s: %s on %s is %.2f", color, c.s.name, what, c.p.OnPrimary, ground, ratio)
				}
			}
			if c.p.Hover == c.p.Primary || c.p.Active == c.p.Hover {
				t.Errorf("%s, %s: %s, %s and %s look the same", color, c.s.name, c.p.Primary, c.p.Hover, c.p.Active)
			}
		}
	})
}

func TestCheck_refusesWhatCannotBeReadAndSaysWhatCan(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		look Look
		path string
		says string // "": it is taken
	}{
		"nothing":              {Look{}, "", ""},
		"everything":           {Look{Light: Colors{"#3b5bdb", "#3b5bdb"}, Dark: Colors{"#91a7ff", "#91a7ff"}, Radius: "12px", Font: "serif"}, "", ""},
		"yellow on white":      {Look{Light: Colors{Primary: "#ffcc00"}}, "light.primary", "has a contrast of 1.51 with the light ground #ffffff, where a button needs 3 (WCAG 2.2, 1.4.11); #"},
		"grey links":           {Look{Light: Colors{Accent: "#8a8a8a"}}, "light.accent", "where a link needs 4.5 (WCAG 2.2, 1.4.3)"},
		"almost":               {Look{Light: Colors{Accent: "#767676"}}, "light.accent", "with the light ground #eef0f8"},
		"navy in the dark":     {Look{Dark: Colors{Primary: "#000080"}}, "dark.primary", "with the dark ground #181b27"},
		"a name":               {Look{Light: Colors{Primary: "red"}}, "light.primary", "must be a color"},
		"a style":              {Look{Dark: Colors{Accent: "#123456;}"}}, "dark.accent", "must be a color"},
		"a corner too round":   {Look{Radius: "25px"}, "radius", "from 0px to 24px"},
		"a corner in em":       {Look{Radius: "1em"}, "radius", "from 0px to 24px"},
		"a corner with a sign": {Look{Radius: "+4px"}, "radius", "from 0px to 24px"},
		"a font by name":       {Look{Font: "Comic Sans"}, "font", "must be humanist, rounded, serif, system"},
	} {
		problems := Check(c.look)
		if c.says == "" && len(problems) == 0 {
			continue
		}
		if len(problems) != 1 || problems[0].Path != c.path || !strings.Contains(problems[0].Says, c.says) || c.says == "" {
			t.Errorf("%s: got %+v, want %s: %s", name, problems, c.path, c.says)
		}
	}
}

// A color that is proposed is taken.
func TestCheck_proposesColorsThatPass(t *testing.T) {
	t.Parallel()
	proposed := regexp.MustCompile(`(#[0-9a-f]{6}) has it$`)
	each(func(color string) {
		for _, l := range []Look{{Light: Colors{Primary: color}}, {Light: Colors{Accent: color}}, {Dark: Colors{Primary: color}}, {Dark: Colors{Accent: color}}} {
			for _, p := range Check(l) {
				better := proposed.FindStringSubmatch(p.Says)
				if better == nil {
					t.Fatalf("%s proposes nothing", p.Says)
				}
				c := map[string]*Colors{"light": &l.Light, "dark": &l.Dark}[strings.Split(p.Path, ".")[0]]
				if c.Primary != "" {
					c.Primary = better[1]
				} else {
					c.Accent = better[1]
				}
				if again := Check(l); len(again) > 0 {
					t.Errorf("%s: %s is refused too: %v", color, better[1], again)
				}
			}
		}
	})
}

// The grounds are those of the shipped style.
func TestSchemes_haveTheGroundsOfTheStyle(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("../../ui/assets/app.css")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(string(css), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d :root blocks, want light and dark", len(blocks))
	}
	for i, s := range []scheme{light, dark} {
		for n, name := range []string{"card", "ground", "tint"} {
			if want := "--" + name + ": " + s.grounds[n] + ";"; !strings.Contains(blocks[i][1], want) {
				t.Errorf("%s: the style has no %s", s.name, want)
			}
		}
		if !strings.Contains(blocks[i][1], "--ink: "+s.ink+";") {
			t.Errorf("%s: the style has no ink %s", s.name, s.ink)
		}
		if s.card != s.grounds[0] {
			t.Errorf("%s: the card is %s", s.name, s.card)
		}
	}
}

// Nothing of a tenant's can become CSS: what is not a choice of ours is left out.
func TestCSS_hasNothingOfATenantsWords(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"red", "#fff", "#12345g", "#123456;}", "#123456\n", "#1234567", "url(x)", "</style>", "12px;}", "@import url(x)", "expression(1)"} {
		l := Look{Light: Colors{bad, bad}, Dark: Colors{bad, bad}, Radius: bad, Font: bad}
		if got := CSS(l); got != "" {
			t.Errorf("%q became %q", bad, got)
		}
		if Hash(l) != "" {
			t.Errorf("%q has a style sheet", bad)
		}
	}
}

func TestCSS_saysWhatWasChosen(t *testing.T) {
	t.Parallel()
	const want = `:root { --accent: #3b5bdb; --on-accent: #ffffff; --accent-hover: #3753c6; --accent-active: #344eb8; --link: #3b5bdb; --radius: 12px; }
@media (prefers-color-scheme: dark) {
:root { --accent: #91a7ff; --on-accent: #000000; --accent-hover: #9db0fe; --accent-active: #a4b6fe; --link: #ffffff; }
}
`
	l := Look{Light: Colors{Primary: "#3b5bdb"}, Dark: Colors{"#91a7ff", "#ffffff"}, Radius: "12px"}
	if got := CSS(l); got != want {
		t.Errorf("got\n%s", got)
	}
	if css := CSS(Look{Font: "serif"}); !strings.Contains(css, ":root:lang(ar) { --font: ") || !strings.Contains(css, ":root:lang(ja)") || strings.Contains(css, "url(") {
		t.Errorf("got\n%s", css)
	}
	other := l
	other.Radius = "11px"
	if Hash(l) == Hash(other) || Hash(Look{}) != "" {
		t.Error("the hash is not that of what the style sheet says")
	}
}

// However many tenants have a look of their own, what is held of them has a bound, and each
// has its own.
func TestSheets_areBounded(t *testing.T) {
	t.Parallel()
	some := &held{by: map[Look]sheet{}}
	each(func(color string) {
		l := Look{Light: Colors{Accent: color}}
		if got := some.of(l); !strings.Contains(got.css, "--link: "+color+";") || got != some.of(l) {
			t.Errorf("%s has the sheet %q", color, got.css)
		}
		if len(some.by) > mostSheets {
			t.Fatalf("%d sheets are held", len(some.by))
		}
	})
}
