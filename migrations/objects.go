package migrations

import (
	"io/fs"
	"regexp"
	"sync"
)

// Objects are the names of what the migrations make and statements name: those of
// Relations are tables and sequences, those of Functions are called.
type Objects struct {
	Relations map[string]bool
	Functions map[string]bool
}

var creation = regexp.MustCompile(`(?m)^\s*CREATE (TABLE|SEQUENCE|FUNCTION|OR REPLACE FUNCTION) (?:IF NOT EXISTS )?([a-z_]+)`)

// Made returns the objects that the migrations make. It reads them once.
var Made = sync.OnceValue(func() Objects {
	o := Objects{Relations: map[string]bool{"schema_migrations": true}, Functions: map[string]bool{}}
	names, _ := fs.Glob(Files, "*.sql") // the pattern is well formed
	for _, name := range names {
		body, _ := Files.ReadFile(name) // embedded
		for _, found := range creation.FindAllSubmatch(body, -1) {
			if kind := string(found[1]); kind == "TABLE" || kind == "SEQUENCE" {
				o.Relations[string(found[2])] = true
			} else {
				o.Functions[string(found[2])] = true
			}
		}
	}
	return o
})
