// Package discovery serves the metadata documents: OpenID Connect Discovery 1.0
// and RFC 8414, which are the same bytes. They say what works and nothing else;
// they are made once per issuer and served from memory.
package discovery
