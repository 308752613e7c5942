package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/joho/godotenv"

	"plinto/internal/embedded"
)

// writeEnv writes a .env into the data directory, with which the other commands work on
// this server: see devLayer, or (cd DIRECTORY && plinto client list).
func (d *dev) writeEnv(pg *embedded.Postgres, redis string) error {
	text, err := godotenv.Marshal(map[string]string{
		"PLINTO_PUBLIC_URL":          d.public.String(),
		"PLINTO_DATABASE_URL":        pg.URL(devDatabase, devRole),
		"PLINTO_REDIS_URL":           redis,
		"PLINTO_ENCRYPTION_KEY_FILE": filepath.Join(d.dataDir, devKeyFile),
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(d.dataDir, ".env"), []byte(text+"\n"), 0o600)
	}
	if err != nil {
		return fmt.Errorf("write .env: %w", err)
	}
	return nil
}

// program is how this program is called.
func program() string {
	path, err := os.Executable()
	if err != nil {
		return "plinto"
	}
	return path
}
