// Package discovery serves the metadata documents of OpenID Connect Discovery 1.0 and
// RFC 8414. The second also names what drafts define (Handler.Drafts). They say what
// works and nothing else; each is made when what it tells of changes, and served from memory.
package discovery
