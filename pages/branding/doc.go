// Package branding serves what makes the pages of a tenant, or of an organization of it, its own: a style sheet and
// logos. Their names have the hash of what they are, so browsers keep them for ever and no
// cache can mix them up.
package branding
