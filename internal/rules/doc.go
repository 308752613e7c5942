// Package rules holds the rules of the source as tests: who may import whom, that every
// package says what it owns, and that pages and comments name what exists. It contains
// no code of the product.
package rules
