package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/joho/godotenv"

	"plinto/internal/embedded"
	"plinto/provider/browser"
)

// writeEnv writes a .env into the data directory with which the other commands work on
// this server, and returns what a shell line begins with that calls them.
func (d *dev) writeEnv(pg *embedded.Postgres, redis string) (shell string, err error) {
	text, err := godotenv.Marshal(map[string]string{
		"PLINTO_PUBLIC_URL":          d.public.String(),
		"PLINTO_DATABASE_URL":        pg.URL(devDatabase, devRole),
		"PLINTO_REDIS_URL":           redis,
		"PLINTO_ENCRYPTION_KEY_FILE": filepath.Join(d.dataDir, "encryption-key"),
	})
	if err != nil {
		return "", fmt.Errorf("write .env: %w", err)
	}
	if err := os.WriteFile(filepath.Join(d.dataDir, ".env"), []byte(text+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("write .env: %w", err)
	}
	program, err := os.Executable()
	if err != nil {
		program = "plinto"
	}
	return "cd " + browser.Quote(d.dataDir) + " && " + browser.Quote(program), nil
}
