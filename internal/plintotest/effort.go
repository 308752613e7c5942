package plintotest

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"strconv"

	"github.com/PuerkitoBio/goquery"
)

// Work returns the number that solves the challenge of a page that demands an effort, as its script does; "" for
// any other page.
func Work(doc *goquery.Document) (challenge, number string) {
	if doc == nil {
		return "", ""
	}
	box := doc.Find("#effort")
	challenge, demanded := doc.Find("input[name=effort]").Attr("value")
	zeros, err := strconv.Atoi(box.AttrOr("data-bits", ""))
	if !demanded || err != nil {
		return "", ""
	}
	for n := 0; ; n++ {
		number = strconv.Itoa(n)
		if sum := sha256.Sum256([]byte(challenge + "." + number)); bits.LeadingZeros64(binary.BigEndian.Uint64(sum[:])) >= zeros {
			return challenge, number
		}
	}
}

// works sends what was sent again where the answer demands an effort, as the script of the page and a user
// who types the password again do.
func (p *Page) works(id string, values map[string]string) *Page {
	challenge, number := Work(p.Doc)
	if p.b.Plain || challenge == "" {
		return p
	}
	with := map[string]string{"effort": challenge, "work": number}
	for name, value := range values {
		with[name] = value
	}
	if p.Doc.Find("#"+id).Length() == 0 {
		id = "submit" // of the page that a mail was asked for from
	}
	return p.submit(id, with)
}
