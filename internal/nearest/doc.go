// Package nearest finds what a misspelt word was meant to be among the words that there are.
package nearest
