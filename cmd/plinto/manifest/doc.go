// Package manifest declares tenants in YAML: plinto apply makes the database say
// what a file says, plinto export writes the file the database says.
//
//	Parse → Plan → Apply          Export → (YAML) → Parse → Plan: all unchanged
//
// It owns the file's shape, its errors (file, line, column, path; all at once),
// the comparison with what is stored, and the order of changes. The rules for
// client metadata are package provider's, the tables package storage's.
package manifest
