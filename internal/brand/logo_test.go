package brand

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"
)

// drawing is a picture with a transparent and a red half.
func drawing(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := w / 2; x < w; x++ {
			m.SetNRGBA(x, y, color.NRGBA{200, 10, 20, 255})
		}
	}
	return m
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// chunk is one of a PNG (ISO 15948 §5.3).
func chunk(kind string, data []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(append(out, kind...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// withHeader is a PNG that says it is that large.
func withHeader(width, height uint32) []byte {
	header := binary.BigEndian.AppendUint32(nil, width)
	header = binary.BigEndian.AppendUint32(header, height)
	header = append(header, 8, 6, 0, 0, 0)
	return append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", header)...)
}

func TestDrawLogo_keepsThePictureAndNothingElse(t *testing.T) {
	t.Parallel()
	plainFile := pngOf(t, drawing(64, 32))
	at := len(plainFile) - 12 // before IEND
	commented := append(append(bytes.Clone(plainFile[:at]), chunk("tEXt", []byte("Comment\x00<script>alert(1)</script>"))...), plainFile[at:]...)
	polyglot := append(bytes.Clone(plainFile), []byte("<html><script>alert(1)</script>PK\x03\x04")...)
	want, err := DrawLogo(plainFile)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"a comment": commented, "a page behind it": polyglot, "itself again": want.PNG} {
		got, err := DrawLogo(file)
		if err != nil || got.Hash != want.Hash || !bytes.Equal(got.PNG, want.PNG) {
			t.Errorf("%s: got %s, %v; want %s", name, got.Hash, err, want.Hash)
		}
	}
	if bytes.Contains(want.PNG, []byte("script")) {
		t.Error("a script is in the picture")
	}
	m, err := png.Decode(bytes.NewReader(want.PNG))
	if err != nil || m.Bounds() != image.Rect(0, 0, 64, 32) {
		t.Fatalf("drew %v, %v", m, err)
	}
	if _, _, _, a := m.At(0, 0).RGBA(); a != 0 {
		t.Error("what was transparent is not")
	}
	if r, _, _, a := m.At(63, 31).RGBA(); r>>8 != 200 || a>>8 != 255 {
		t.Errorf("the right half is %v", m.At(63, 31))
	}
}

func TestDrawLogo_makesItNoLargerThanItIsShown(t *testing.T) {
	t.Parallel()
	noise := image.NewNRGBA(image.Rect(0, 0, 1000, 500))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = byte(random.Uint32())
	}
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, drawing(1600, 800), nil); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file []byte
		side int // at most
	}{"wide": {pngOf(t, drawing(2048, 1024)), 512}, "line": {pngOf(t, drawing(2000, 1)), 512}, "photo": {photo.Bytes(), 512}} {
		logo, err := DrawLogo(c.file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		m, err := png.DecodeConfig(bytes.NewReader(logo.PNG))
		if err != nil || m.Width > c.side || m.Height > c.side || m.Width < 500 || m.Height < 1 || len(logo.PNG) > shownBytes {
			t.Errorf("%s: drew %d × %d, %d bytes, %v", name, m.Width, m.Height, len(logo.PNG), err)
		}
	}
	small := image.NewNRGBA(image.Rect(0, 0, 400, 400))
	copy(small.Pix, noise.Pix)
	logo, err := DrawLogo(pngOf(t, small))
	if err != nil || len(logo.PNG) > shownBytes {
		t.Errorf("noise: %d bytes, %v", len(logo.PNG), err)
	}
}

// The colors of what does not show have no part in a smaller picture.
func TestDrawLogo_hasNoFringe(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 1024, 1024))
	for y := range 1024 {
		for x := range 1024 {
			c := color.NRGBA{0, 255, 0, 0} // green that nobody sees
			if x >= 511 {
				c = color.NRGBA{255, 0, 0, 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	logo, err := DrawLogo(pngOf(t, m))
	if err != nil {
		t.Fatal(err)
	}
	small, err := png.Decode(bytes.NewReader(logo.PNG))
	if err != nil {
		t.Fatal(err)
	}
	if got := color.NRGBAModel.Convert(small.At(255, 100)); got != (color.NRGBA{255, 0, 0, 128}) {
		t.Errorf("the edge is %v, want half of red", got)
	}
}

func TestDrawLogo_refusesWhatIsNoLogo(t *testing.T) {
	t.Parallel()
	var moving bytes.Buffer
	if err := gif.Encode(&moving, drawing(8, 8), nil); err != nil {
		t.Fatal(err)
	}
	whole := pngOf(t, drawing(64, 64))
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"nothing":            {nil, ErrLogoFormat},
		"svg":                {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), ErrLogoVector},
		"svg with a header":  {[]byte("\ufeff<?xml version=\"1.0\"?>\n<!-- x --><svg/>"), ErrLogoVector},
		"page":               {[]byte("<!doctype html><script>alert(1)</script>"), ErrLogoFormat},
		"gif":                {moving.Bytes(), ErrLogoFormat},
		"too large":          {append(bytes.Clone(whole), make([]byte, MaxLogoBytes)...), ErrLogoBytes},
		"bomb":               {withHeader(50_000, 50_000), ErrLogoSide},
		"bomb of one line":   {withHeader(1<<31-1, 1), ErrLogoSide},
		"one pixel too wide": {withHeader(2049, 10), ErrLogoSide},
		"cut off":            {whole[:len(whole)/2], ErrLogoFormat},
		"only a header":      {withHeader(100, 100), ErrLogoFormat},
	} {
		if logo, err := DrawLogo(c.file); !errors.Is(err, c.want) {
			t.Errorf("%s: got %d bytes, %v; want %v", name, len(logo.PNG), err, c.want)
		}
	}
	if !strings.Contains(ErrLogoVector.Error(), "PNG") {
		t.Error("who has an SVG is not told what to do")
	}
}

func FuzzDrawLogo(f *testing.F) {
	f.Add(pngOf(f, drawing(16, 8)))
	f.Add(withHeader(100, 100))
	f.Add([]byte("<svg/>"))
	f.Fuzz(func(t *testing.T, file []byte) {
		logo, err := DrawLogo(file)
		if err != nil {
			return
		}
		again, err := DrawLogo(logo.PNG)
		if err != nil || again.Hash != logo.Hash {
			t.Errorf("drawn again it is %s, %v; was %s", again.Hash, err, logo.Hash)
		}
	})
}
