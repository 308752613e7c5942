// Package migrations holds the database schema as plain SQL, forward only:
// NNNN_verb_noun.sql, each applied once in one transaction, each safe while the
// previous version still runs. It owns no code beyond the embedding and the names of what they make.
package migrations

import "embed"

// Files are the migrations, in order of their names.
//
//go:embed *.sql
var Files embed.FS

// RunsFrom is the last migration of the release before: a program that knows it runs on the tables of this one, with which
// it is written down. Whoever makes a release moves it on.
const RunsFrom = "0050_watch_certificates"
