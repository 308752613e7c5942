package brand

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // a format that logos may have
	"image/png"
)

// Limits of logos.
const (
	MaxLogoBytes = 1 << 20 // as it is given
	maxLogoSide  = 2048    // as it is given, in pixels
	shownSide    = 512     // as it is served
	shownBytes   = 128 << 10
)

// Why a picture is no logo.
var (
	ErrLogoVector = errors.New("is an SVG, which can hold scripts and load from elsewhere: export it as a PNG of about 512 pixels")
	ErrLogoFormat = errors.New("must be a PNG or JPEG picture")
	ErrLogoBytes  = errors.New("must have at most 1 MiB")
	ErrLogoSide   = fmt.Errorf("must be at most %d pixels wide and high", maxLogoSide)
)

// A Logo is a picture that was drawn by us.
type Logo struct {
	Hash string // of PNG, in hexadecimal
	PNG  []byte
}

// DrawLogo decodes a picture of a tenant's and writes it as a PNG of our own, no larger
// than it is ever shown: what else was in the file is gone, and what is served is a
// picture and nothing else. The same picture gives the same Logo, and a Logo itself
// again. The size is looked at before anything is decoded.
func DrawLogo(file []byte) (Logo, error) {
	if len(file) > MaxLogoBytes {
		return Logo{}, ErrLogoBytes
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil || format != "png" && format != "jpeg" {
		if isSVG(file) {
			return Logo{}, ErrLogoVector
		}
		return Logo{}, ErrLogoFormat
	}
	if config.Width < 1 || config.Height < 1 || config.Width > maxLogoSide || config.Height > maxLogoSide {
		return Logo{}, ErrLogoSide
	}
	picture, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return Logo{}, ErrLogoFormat
	}
	drawn := plain(picture)
	for side := shownSide; ; side = side * 3 / 4 {
		out, err := encode(shrink(drawn, side))
		if err != nil {
			return Logo{}, err
		}
		if len(out) <= shownBytes {
			sum := sha256.Sum256(out)
			return Logo{Hash: hex.EncodeToString(sum[:16]), PNG: out}, nil
		}
	}
}

// isSVG reports whether a file begins as SVG does: the rest does not matter, since it is
// refused either way.
func isSVG(file []byte) bool {
	head := bytes.ToLower(file[:min(len(file), 1024)])
	return bytes.Contains(head, []byte("<svg")) || bytes.HasPrefix(bytes.TrimLeft(head, "\ufeff \t\r\n"), []byte("<?xml"))
}

func encode(m *image.NRGBA) ([]byte, error) {
	var out bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, m)
	return out.Bytes(), err
}

// plain is a picture in the one form in which we write them.
func plain(from image.Image) *image.NRGBA {
	b := from.Bounds()
	to := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			c := color.NRGBAModel.Convert(from.At(b.Min.X+x, b.Min.Y+y)).(color.NRGBA)
			if c.A == 0 {
				c = color.NRGBA{} // nobody sees what color it has
			}
			to.SetNRGBA(x, y, c)
		}
	}
	return to
}

// shrink scales a picture so that no side is longer: every pixel is the mean of those that
// it covers, weighed by how much of them shows. A smaller picture stays as it is.
func shrink(from *image.NRGBA, side int) *image.NRGBA {
	w, h := from.Rect.Dx(), from.Rect.Dy()
	if longest := max(w, h); longest > side {
		w, h = max(1, w*side/longest), max(1, h*side/longest)
	} else {
		return from
	}
	to := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			to.SetNRGBA(x, y, mean(from, span(x, w, from.Rect.Dx()), span(y, h, from.Rect.Dy())))
		}
	}
	return to
}

// span is where a pixel of n lies among the pixels of a longer line.
func span(at, n, of int) [2]float64 {
	return [2]float64{float64(at) * float64(of) / float64(n), float64(at+1) * float64(of) / float64(n)}
}

func mean(m *image.NRGBA, xs, ys [2]float64) color.NRGBA {
	var sum [3]float64
	var shown, area float64
	for y := int(ys[0]); float64(y) < ys[1] && y < m.Rect.Dy(); y++ {
		for x := int(xs[0]); float64(x) < xs[1] && x < m.Rect.Dx(); x++ {
			part := covered(x, xs) * covered(y, ys)
			c := m.NRGBAAt(x, y)
			weight := part * float64(c.A)
			sum[0] += weight * float64(c.R)
			sum[1] += weight * float64(c.G)
			sum[2] += weight * float64(c.B)
			shown += weight
			area += part
		}
	}
	if shown == 0 || area == 0 {
		return color.NRGBA{}
	}
	rounded := func(v float64) uint8 { return uint8(min(v+0.5, 255)) }
	return color.NRGBA{rounded(sum[0] / shown), rounded(sum[1] / shown), rounded(sum[2] / shown), rounded(shown / area)}
}

// covered is how much of the pixel at a place lies in a span.
func covered(at int, s [2]float64) float64 {
	return max(0, min(float64(at+1), s[1])-max(float64(at), s[0]))
}
