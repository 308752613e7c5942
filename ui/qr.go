package ui

import (
	"strconv"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// quiet is how many modules are left free around a QR code (ISO/IEC 18004 §6.3.8).
const quiet = 4

// qrCode returns the view box and the path of a QR code as SVG: a square for each dark
// module. A text that is too long has none.
func qrCode(text string) (box, path string) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", ""
	}
	size := code.Bounds().Dx()
	var b strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			start := x
			for x < size && dark(code.At(x, y).RGBA()) {
				x++
			}
			if x > start {
				b.WriteString("M" + strconv.Itoa(start+quiet) + " " + strconv.Itoa(y+quiet) + "h" + strconv.Itoa(x-start) + "v1h-" + strconv.Itoa(x-start) + "z")
			}
		}
	}
	side := strconv.Itoa(size + 2*quiet)
	return "0 0 " + side + " " + side, b.String()
}

func dark(r, _, _, _ uint32) bool { return r < 0x8000 }
