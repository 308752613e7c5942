package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"plinto/internal/embedded"
	"plinto/internal/textfile"
)

// fromDev is the source of values that a running plinto dev left.
const fromDev = "plinto dev"

// devSettings are the variables that plinto dev leaves for other commands. Where one of them is
// set, the others are not taken from it: half of each would be neither.
var devSettings = []string{publicURL, "PLINTO_DATABASE_URL", "PLINTO_REDIS_URL", "PLINTO_ENCRYPTION_KEY"}

const maxRunning = 64 << 10 // bytes of the file that runningFile names

// runningFile is where each plinto dev of a user writes its data directory, one a line; "" where the
// environment names no place for it.
func runningFile(environ []string) string {
	values := toMap(environ)
	state := values["XDG_STATE_HOME"]
	if !filepath.IsAbs(state) {
		if !filepath.IsAbs(values["HOME"]) {
			return ""
		}
		state = filepath.Join(values["HOME"], ".local", "state")
	}
	return filepath.Join(state, "plinto", "dev-running")
}

// runningDevs are the data directories of what runs, the last to start first.
func runningDevs(environ []string) []string {
	name := runningFile(environ)
	if name == "" {
		return nil
	}
	text, err := textfile.Read(name, maxRunning)
	if err != nil {
		return nil // nothing was started yet
	}
	dirs := slices.DeleteFunc(strings.Split(string(text), "\n"), func(dir string) bool { return !filepath.IsAbs(dir) || !embedded.Running(dir) })
	slices.Reverse(dirs)
	return dirs
}

// announce has other commands of this user find the server. That it cannot be written is told, and no reason to stop.
func (d *dev) announce() {
	name := runningFile(d.c.environ)
	if name == "" {
		return
	}
	others := slices.DeleteFunc(runningDevs(d.c.environ), func(dir string) bool { return dir == d.dataDir })
	slices.Reverse(others)
	text := strings.Join(append(others, d.dataDir), "\n") + "\n"
	err := os.MkdirAll(filepath.Dir(name), 0o700)
	if err == nil {
		err = os.WriteFile(name, []byte(text), 0o600)
	}
	if err != nil {
		fmt.Fprintf(d.c.err, "plinto: warning: commands in other terminals will not find this server: %v\n", err)
	}
}

// devLayer is what the plinto dev left that started last and runs, and where it runs; ok is false for none.
// The directory may be another user's (embedded.DropRoot), so it names no file outside of it.
func devLayer(environ []string) (l layer, at string, ok bool) {
	for _, dir := range runningDevs(environ) {
		left, err := readDotEnv(filepath.Join(dir, ".env"))
		if err != nil {
			continue // it starts
		}
		values := map[string]string{
			"PLINTO_ENCRYPTION_KEY_FILE":   filepath.Join(dir, devKeyFile),
			"PLINTO_EGRESS_ALLOW_LOOPBACK": "true", // as it does itself: its identity provider is on this machine
		}
		for _, name := range devSettings {
			if left[name] != "" {
				values[name] = left[name]
			}
		}
		return layer{fromDev, values}, values[publicURL], true
	}
	return layer{}, "", false
}

// gather is the package's gather, and where nothing says which server is meant, the plinto dev that
// runs is, which is said.
func (c *cli) gather() *gathered {
	found := gather(c.environ, c.dir)
	for _, name := range devSettings {
		if found.values[name] != "" {
			return found
		}
	}
	dev, at, ok := devLayer(c.environ)
	if !ok {
		return found
	}
	c.note("no database is set here: working on the server of plinto dev at " + at)
	return gather(c.environ, c.dir, dev)
}
