// Package migrations holds the database schema as plain SQL, forward only:
// NNNN_verb_noun.sql, each applied once, each safe while the previous version still runs
// (CONTRIBUTING.md says how, TestMigrations_keepToTheRules looks). One is one transaction, unless its first line
// says that it is without: then it makes indexes or validates constraints while everybody goes on.
// The package owns no code beyond the embedding and the names of what they make.
package migrations

import "embed"

// Files are the migrations, in order of their names.
//
//go:embed *.sql
var Files embed.FS

// RunsFrom is the last migration of the release before: a program that knows it runs on the tables of this one, with which
// it is written down. Whoever makes a release moves it on.
const RunsFrom = "0050_watch_certificates"

// Releases are the last migrations of releases, by version ("0.1.0"). Whoever makes a release adds its line.
var Releases = map[string]string{}
