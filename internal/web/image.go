package web

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"plinto/internal/redirecturi"
)

// ImageOrigin returns the origin of a picture's address as a content security policy
// names it, or "" of an address that no policy can name.
func ImageOrigin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	// Only a checked host may get into the policy: one with a semicolon in it would
	// begin a directive of its own.
	origins := redirecturi.Origins([]string{strings.ToLower(u.Scheme + "://" + u.Host)})
	if len(origins) != 1 {
		return ""
	}
	return origins[0]
}

// Image returns an address for an <img> of the page that is drawn with ctx, and has the
// page's policy allow the address's origin. A page may load no other pictures: what got
// into it by mistake could tell somebody who looks at it.
func Image(ctx context.Context, address string) string {
	c, ok := ctx.Value(callKey{}).(*call)
	origin := ImageOrigin(address)
	if ok && origin != "" && !slices.Contains(c.images, origin) {
		c.images = append(c.images, origin)
	}
	return address
}

// Connect returns an address that scripts of the page that is drawn with ctx call, and has the page's
// policy allow the address's origin.
func Connect(ctx context.Context, address string) string {
	c, ok := ctx.Value(callKey{}).(*call)
	origin := ImageOrigin(address)
	if ok && origin != "" && !slices.Contains(c.connects, origin) {
		c.connects = append(c.connects, origin)
	}
	return address
}

// connects are the origins that scripts of the page that was drawn may call.
func connects(ctx context.Context) []string {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c.connects
	}
	return nil
}

// images are the origins of the pictures on the page that was drawn.
func images(ctx context.Context) []string {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c.images
	}
	return nil
}
