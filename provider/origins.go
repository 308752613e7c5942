package provider

import "plinto/internal/redirecturi"

// Origins are the browser origins the client's pages come from: those of its
// redirect URIs and those it lists besides.
func (c *Client) Origins() []string {
	return append(redirecturi.Origins(c.RedirectURIs), c.AllowedOrigins...)
}
