package settings

import (
	"fmt"
	"strings"

	"plinto/internal/brand"
	"plinto/internal/displayname"
	"plinto/internal/redirecturi"
)

// maxBrandName bounds the name of a brand, in characters.
const maxBrandName = 60

// branding checks how the pages and mails of a tenant look. Its logos were drawn before: they are hashes.
func (c *checker) branding() {
	b := c.Branding
	for _, p := range brand.Check(b.Look()) {
		c.refuse(p.Says, append([]string{"branding"}, strings.Split(p.Path, ".")...)...)
	}
	if b.Name != "" && (displayname.Line(b.Name, maxBrandName) != b.Name || strings.TrimSpace(b.Name) == "") {
		c.refuse(fmt.Sprintf("must be one line of at most %d characters", maxBrandName), "branding", "name")
	}
	for _, link := range []struct{ name, address string }{{"terms", b.Links.Terms}, {"privacy", b.Links.Privacy}, {"support", b.Links.Support}} {
		if link.address != "" && !linkable(link.address) {
			c.refuse("must be an https address", "branding", "links", link.name)
		}
	}
	if b.LogoDark != "" && b.Logo == "" {
		c.refuse("needs a logo beside it", "branding", "logo_dark")
	}
}

// linkable reports whether pages may lead to an address.
func linkable(address string) bool {
	origins := redirecturi.Origins([]string{address})
	return strings.HasPrefix(address, "https://") && len(origins) == 1 && !strings.ContainsAny(address, " \t\r\n\\@")
}
