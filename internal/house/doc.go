// Package house holds the rules of the house as tests: who may import whom, and
// that every package says what it owns. It contains no code of the product.
package house
