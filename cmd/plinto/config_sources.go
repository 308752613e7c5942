package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/joho/godotenv"

	"plinto/internal/nearest"
	"plinto/internal/textfile"
)

// Bounds of what is read, in bytes.
const (
	maxSecretFile = 64 << 10 // of a <variable>_FILE
	maxDotEnv     = 1 << 20
)

// Sources of values.
const (
	fromDefault     = "default"
	fromEnvironment = "environment"
	fromDotEnv      = ".env"
	notSet          = "not set"
)

// A layer is one place variables come from.
type layer struct {
	source string
	values map[string]string
}

// gathered is what the layers hold for Config, by the variable's own name.
type gathered struct {
	values   map[string]string
	settings []setting
	unknown  []string // problems of the layers themselves: names that mean nothing, a .env that cannot be read
	problems []string // of single variables
	warnings []string
}

// gather looks for every variable in the environment, then in the .env file, then in more. An
// empty value is as good as none: compose files and charts write those.
func gather(environ []string, dir string, more ...layer) *gathered {
	g := &gathered{values: make(map[string]string)}
	layers := []layer{{fromEnvironment, toMap(environ)}}
	file, err := readDotEnv(filepath.Join(dir, ".env"))
	switch {
	case err == nil:
		layers = append(layers, layer{fromDotEnv, file})
	case !errors.Is(err, fs.ErrNotExist):
		g.unknown = append(g.unknown, fmt.Sprintf(".env cannot be read: %v", bare(err)))
	}
	layers = append(layers, more...)
	for _, v := range variables() {
		g.find(v, layers)
	}
	for _, l := range layers {
		g.refuseUnknown(l)
	}
	return g
}

// readDotEnv reads a file of NAME=value. Its errors repeat nothing of what is in it.
func readDotEnv(name string) (map[string]string, error) {
	text, err := textfile.Read(name, maxDotEnv)
	if err != nil {
		return nil, err
	}
	values, err := godotenv.UnmarshalBytes(text)
	if err != nil {
		return nil, fmt.Errorf("line %d is not NAME=value", unreadableLine(text))
	}
	return values, nil
}

// unreadableLine returns the line where what cannot be read begins: the one after the
// longest beginning that can.
func unreadableLine(text []byte) int {
	lines := bytes.SplitAfter(text, []byte("\n"))
	for n := len(lines) - 1; n > 0; n-- {
		if _, err := godotenv.UnmarshalBytes(bytes.Join(lines[:n], nil)); err == nil {
			return n + 1
		}
	}
	return 1
}

func toMap(environ []string) map[string]string {
	values := make(map[string]string, len(environ))
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		values[name] = value
	}
	return values
}

// find takes v from the first layer that has it.
func (g *gathered) find(v variable, layers []layer) {
	value, source := "", notSet
	if v.fallback != "" {
		value, source = v.fallback, fromDefault
	}
	for _, l := range layers {
		given, from, problem := v.in(l)
		if problem != "" {
			g.problems = append(g.problems, problem)
		}
		if from != "" {
			value, source = given, from
			g.values[v.name] = given
			break
		}
	}
	if v.secret && value != "" {
		value = "(secret)"
	}
	g.settings = append(g.settings, setting{v.name, value, source})
}

// in returns the value of v in one layer and where exactly it is; "" when nowhere.
// White space around a value is left out: files with Windows line ends and secrets
// made by echo have it, and it means nothing in any of ours.
func (v variable) in(l layer) (value, from, problem string) {
	for _, name := range []string{v.name, v.also} {
		if name == "" {
			continue
		}
		value, file := strings.TrimSpace(l.values[name]), ""
		if v.secret {
			file = strings.TrimSpace(l.values[name+"_FILE"])
		}
		from := l.source
		if name != v.name {
			from += " (" + name + ")"
		}
		switch {
		case value != "" && file != "":
			return value, from, fmt.Sprintf("%s and %s_FILE are both set: keep one of them", name, name)
		case value != "":
			return v.adapt(name, value), from, ""
		case file != "":
			value, err := readSecret(file)
			if err != nil {
				return "", "file " + file, fmt.Sprintf("%s_FILE is %q, which cannot be read: %v", name, file, bare(err))
			}
			return value, "file " + file, ""
		}
	}
	return "", "", ""
}

// adapt turns a platform's way to say it into ours: PORT is a bare number.
func (v variable) adapt(name, value string) string {
	if name == "PORT" {
		return ":" + value
	}
	return value
}

// readSecret reads a secret from a file, without the line break editors add.
func readSecret(name string) (string, error) {
	data, err := textfile.Read(name, maxSecretFile)
	switch {
	case errors.Is(err, textfile.ErrLarge):
		return "", errors.New("it is too large for a secret")
	case err != nil:
		return "", err
	}
	value := strings.TrimSpace(string(data))
	if value == "" {
		return "", errors.New("it is empty")
	}
	return value, nil
}

// bare strips the operation and path from an error about a file that the message
// around it names already.
func bare(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// refuseUnknown reports the variables of ours in a layer that mean nothing. Those that
// Kubernetes makes up are a warning: nobody typed them.
func (g *gathered) refuseUnknown(l layer) {
	known := make(map[string]bool)
	for _, v := range variables() {
		known[v.name] = true
		if v.secret {
			known[v.name+"_FILE"] = true
		}
	}
	var ofServices []string
	for _, name := range slices.Sorted(maps.Keys(l.values)) {
		if !strings.HasPrefix(name, variablePrefix) || known[name] || slices.Contains(remoteVariables, name) || strings.HasPrefix(name, "PLINTO_TEST_") {
			continue
		}
		if l.source == fromEnvironment && isServiceVariable(name, l.values[name]) {
			ofServices = append(ofServices, name)
			continue
		}
		where := ""
		if l.source == fromDotEnv {
			where = " in .env"
		}
		hint := "plinto config lists the variables there are"
		if near := nearest.To(name, slices.Collect(maps.Keys(known))); near != "" {
			hint = "did you mean " + near + "?"
		}
		g.unknown = append(g.unknown, fmt.Sprintf("%s%s is unknown: %s", name, where, hint))
	}
	if len(ofServices) > 0 {
		g.warnings = append(g.warnings, serviceWarning(ofServices))
	}
}
