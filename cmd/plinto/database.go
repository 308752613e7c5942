package main

import (
	"context"
	"strings"

	"plinto/cmd/plinto/app"
	"plinto/storage"
	"plinto/storage/schema"
)

// databaseURL and ownerURL are the settings that errors about a database name.
const (
	databaseURL = "PLINTO_DATABASE_URL"
	ownerURL    = "PLINTO_MIGRATE_DATABASE_URL"
	directURL   = "PLINTO_DATABASE_DIRECT_URL"
)

// A databaseError is why a database cannot be worked with, and what to do.
type databaseError struct {
	findings []schema.Finding
	err      error
}

// Error implements error: a line with the cause and a line with the remedy of each
// finding.
func (e *databaseError) Error() string {
	var lines []string
	for _, f := range e.findings {
		lines = append(lines, f.Cause, "→ "+f.Remedy)
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns what the driver said.
func (e *databaseError) Unwrap() error { return e.err }

// explainDatabase words an error for operators when it is about the database of a
// setting. Others are returned as they are.
func explainDatabase(err error, setting string) error {
	if findings := schema.Explain(err, setting); len(findings) > 0 {
		return &databaseError{findings, err}
	}
	return err
}

// openStore opens the database of a configuration, and with it the root key.
func openStore(ctx context.Context, cfg *Config, options storage.Config) (*storage.Store, error) {
	options.URL, options.RedisURL, options.Keepers, options.Public = cfg.Database, cfg.Redis, cfg.Keepers, cfg.PublicURL
	options.Pooler, options.Direct, options.Owner = storage.Pooler(cfg.DatabasePooler), cfg.DirectDatabase, cfg.MigrateDatabase
	options.Replicas, options.ReplicaLag = cfg.ReplicaURLs(), cfg.ReplicaLag
	options.Subscriptions = app.Subscriptions()
	store, err := storage.Open(ctx, options)
	if err == nil {
		cfg.Root = store.RootKeys.Root()
	}
	return store, explainDatabase(schema.AskRole(ctx, err), cfg.sessionSetting())
}

// explainOwner words an error of what is done as the owner of the tables. Without a URL of the owner, the server's is
// used, whose role may not: it names the setting that is missing.
func explainOwner(err error, cfg *Config) error {
	lacks := schema.LacksRight(err)
	if lacks == nil || !cfg.MigrateDatabase.Empty() {
		return explainDatabase(err, cfg.ownerSetting())
	}
	return &databaseError{[]schema.Finding{schema.Fatal(
		"the role of "+cfg.ownerSetting()+" is not the one that owns the tables: "+schema.OneLine(lacks),
		"set "+ownerURL+" to the URL of the role that owns the database, or will; plinto doctor and plinto migrate --wait look as the role of the server",
	)}, err}
}

// ownerSetting is the setting that OwnerDatabase returns.
func (c *Config) ownerSetting() string {
	if c.MigrateDatabase.Empty() {
		return c.sessionSetting()
	}
	return ownerURL
}

// sessionSetting is the setting that leads to Postgres itself.
func (c *Config) sessionSetting() string {
	if c.DirectDatabase.Empty() {
		return databaseURL
	}
	return directURL
}
