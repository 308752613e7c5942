package brand

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
)

var literal = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// IsColor reports whether text is a color as a tenant writes it: "#rrggbb".
func IsColor(text string) bool { return literal.MatchString(text) }

// channels returns red, green and blue of "#rrggbb", from 0 to 255.
func channels(hex string) (rgb [3]float64) {
	n, err := strconv.ParseUint(hex[1:], 16, 32)
	if err != nil {
		return rgb
	}
	return [3]float64{float64(n >> 16), float64(n >> 8 & 0xff), float64(n & 0xff)}
}

// Luminance is the relative luminance of "#rrggbb" (WCAG 2.2), from 0 to 1.
func Luminance(hex string) float64 {
	linear := func(v float64) float64 {
		c := v / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	rgb := channels(hex)
	return 0.2126*linear(rgb[0]) + 0.7152*linear(rgb[1]) + 0.0722*linear(rgb[2])
}

// Contrast is the contrast ratio of two colors (WCAG 2.2), from 1 to 21.
func Contrast(a, b string) float64 {
	x, y := Luminance(a), Luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// On is the color of text on a ground: black or white, whichever can be read.
func On(ground string) string {
	if Luminance(ground) > 0.18 {
		return "#000000"
	}
	return "#ffffff"
}

// opposite is white for black, and black for white.
func opposite(on string) string {
	if on == "#ffffff" {
		return "#000000"
	}
	return "#ffffff"
}

// worst is the ground with which a color has the least contrast.
func worst(color string, grounds []string) (ground string, ratio float64) {
	ratio = math.Inf(1)
	for _, g := range grounds {
		if c := Contrast(color, g); c < ratio {
			ground, ratio = g, c
		}
	}
	return ground, ratio
}

// mix returns a color with a part of another, as color-mix(in srgb) does.
func mix(color, with string, part float64) string {
	from, to := channels(color), channels(with)
	var c [3]uint8
	for i := range c {
		c[i] = uint8(math.Round(from[i] + (to[i]-from[i])*part))
	}
	return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2])
}

// reach mixes a color with black or white, as little as it takes to have a contrast with
// all grounds.
func reach(color, with string, least float64, grounds []string) string {
	mixed := color
	for part := 0.0; part <= 1; part += 0.01 {
		mixed = mix(color, with, part)
		if _, ratio := worst(mixed, grounds); ratio >= least {
			break
		}
	}
	return mixed
}
