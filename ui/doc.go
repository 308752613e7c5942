// Package ui draws the hosted pages: sign-in, consent, sign-out, errors, and the
// pages of development. Every page takes its own view struct of plain values; the
// package knows no domain type, no request and no cookie.
//
// Pages are complete without JavaScript, carry their scripts and styles under the
// request's CSP nonce or from our own origin, and keep the element ids that
// certification and users' test suites drive them by (see ids_test.go).
//
// No component is inlined (//go:noinline): it would be in the binary once for each that draws it.
// Package preview draws all of them.
package ui

//go:generate go tool templ generate
//go:generate go run ../internal/locale/check .
