// Package home is the page at the root of an issuer: who answers here, and who is
// signed in.
package home
