package ui

import (
	"maps"
	"regexp"
	"testing"

	"plinto/internal/brand"
)

// colours are the custom properties of app.css, light and dark.
func colours(t *testing.T) (light, dark map[string]string) {
	t.Helper()
	css, err := files.ReadFile("assets/app.css")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(string(css), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d :root blocks, want light and dark", len(blocks))
	}
	property := regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]{6});`)
	read := func(block string) map[string]string {
		found := map[string]string{}
		for _, m := range property.FindAllStringSubmatch(block, -1) {
			found[m[1]] = m[2]
		}
		return found
	}
	light = read(blocks[0][1])
	dark = maps.Clone(light)
	maps.Copy(dark, read(blocks[1][1]))
	return light, dark
}

func TestStyle_hasReadableColours(t *testing.T) {
	t.Parallel()
	light, dark := colours(t)
	for scheme, c := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, pair := range []struct {
			front, back string
			least       float64
		}{
			{"ink", "card", 4.5},
			{"ink", "ground", 4.5},
			{"ink", "field", 4.5},
			{"ink", "tint", 4.5},
			{"soft", "card", 4.5},
			{"soft", "ground", 4.5},
			{"soft", "tint", 4.5},
			{"on-accent", "accent", 4.5},
			{"bad", "bad-ground", 4.5},
			{"bad", "card", 4.5},
			{"bad", "tint", 4.5},
			{"ink", "warn-ground", 4.5},
			{"link", "tint", 4.5},
			{"link", "card", 4.5},
			{"link", "ground", 4.5},
			{"accent", "card", 4.5},
			{"field-line", "card", 3},
			{"field-line", "field", 3},
			{"link", "field", 3}, // lines and outlines: WCAG 2.2, 1.4.11
		} {
			front, back := c[pair.front], c[pair.back]
			if front == "" || back == "" {
				t.Errorf("%s: no --%s or no --%s", scheme, pair.front, pair.back)
				continue
			}
			if got := brand.Contrast(front, back); got < pair.least {
				t.Errorf("%s: %s on %s is %.2f, want %.1f", scheme, pair.front, pair.back, got, pair.least)
			}
		}
	}
}

// A tenant's colour is readable as a ground, by accent; as a text on ours it may
// not be: yellow on white.
func TestStyle_writesNoTextInATenantsColour(t *testing.T) {
	t.Parallel()
	css, err := files.ReadFile("assets/app.css")
	if err != nil {
		t.Fatal(err)
	}
	if at := regexp.MustCompile(`[^-]color: var\(--accent\)|outline:[^;]*var\(--accent\)`).FindString(string(css)); at != "" {
		t.Errorf("the style has %q", at)
	}
}

// What is written from right to left is laid out from right to left: nothing says "left".
func TestStyle_namesNoSide(t *testing.T) {
	t.Parallel()
	css, err := files.ReadFile("assets/app.css")
	if err != nil {
		t.Fatal(err)
	}
	sides := regexp.MustCompile(`(?:^|[\s;{-])(?:left|right)\s*:|(?:text-align|float|clear):\s*(?:left|right)`)
	if at := sides.FindString(string(css)); at != "" {
		t.Errorf("the style has %q", at)
	}
	four := regexp.MustCompile(`(?:margin|padding|inset): [^\s;]+ ([^\s;]+) [^\s;]+ ([^\s;]+);`)
	for _, m := range four.FindAllStringSubmatch(string(css), -1) {
		if m[1] != m[2] {
			t.Errorf("the style has different sides: %q", m[0])
		}
	}
}
