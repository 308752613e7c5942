// Package brand turns the few choices that a tenant has about the look of its pages into
// a style sheet, and its pictures into pictures of ours.
//
// Nothing that a tenant writes reaches a page as CSS or HTML: colors are read as numbers,
// fonts and corners are names of ours, and a logo is decoded and drawn again.
package brand
