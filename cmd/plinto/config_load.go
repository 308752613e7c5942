package main

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"

	"plinto/internal/clientip"
	"plinto/internal/secret"
)

// configError is everything wrong with the configuration: one line each.
type configError []string

func (e configError) Error() string { return strings.Join(e, "\n") }

// A variable is a field of Config with its tags.
type variable struct {
	name, also, hint string
	field            string
	fallback         string
	secret           bool
}

// variables lists the fields of Config.
func variables() []variable {
	var all []variable
	for f := range reflect.TypeFor[Config]().Fields() {
		if name := f.Tag.Get("env"); name != "" {
			all = append(all, variable{
				name: name, also: f.Tag.Get("also"), hint: f.Tag.Get("hint"), field: f.Name,
				fallback: f.Tag.Get("envDefault"), secret: f.Type == reflect.TypeFor[secret.String](),
			})
		}
	}
	return all
}

// LoadConfig reads the environment (as os.Environ writes it) and the .env file in
// dir, where the environment wins. required names the variables the command
// cannot do without. All problems come back at once, as a configError; the Config
// then holds what could be read.
func LoadConfig(environ []string, dir string, required ...string) (*Config, error) {
	return gather(environ, dir).config(required)
}

// config reads what was gathered: see LoadConfig.
func (g *gathered) config(required []string) (*Config, error) {
	c := &Config{settings: g.settings, warnings: g.warnings}
	problems := append(g.problems, g.unknown...)
	problems = append(problems, parse(c, g.values)...)
	for _, v := range variables() {
		if slices.Contains(required, v.name) && g.values[v.name] == "" && !v.spokenOf(problems) {
			problems = append(problems, fmt.Sprintf("%s is not set: %s", v.label(), v.hint))
		}
	}
	problems = append(problems, c.check()...)
	if len(problems) > 0 {
		return c, configError(problems)
	}
	return c, nil
}

// spokenOf reports whether problems say already why the variable has no value: its file cannot be read, or its name is
// mistyped.
func (v variable) spokenOf(problems []string) bool {
	return slices.ContainsFunc(problems, func(said string) bool {
		return strings.HasPrefix(said, v.name+"_FILE ") || strings.HasSuffix(said, " "+v.name+"?") || strings.HasSuffix(said, " "+v.name+"_FILE?")
	})
}

// load is LoadConfig for a command, which works on a running plinto dev where nothing else is set.
// Warnings go to standard error at once.
func (c *cli) load(required ...string) (*Config, error) {
	cfg, err := c.gather().config(required)
	c.warn(cfg)
	return cfg, err
}

func (c *cli) warn(cfg *Config) {
	for _, w := range cfg.warnings {
		c.warning(w)
	}
}

// label names the variable and, when there is one, its other name.
func (v variable) label() string {
	if v.also == "" {
		return v.name
	}
	return v.name + " (or " + v.also + ")"
}

// parse fills c from the values by the struct tags.
func parse(c *Config, values map[string]string) []string {
	err := env.ParseWithOptions(c, env.Options{
		Environment: values,
		FuncMap: map[reflect.Type]env.ParserFunc{
			reflect.TypeFor[url.URL]():        func(s string) (any, error) { return parseOrigin(s) },
			reflect.TypeFor[[]netip.Prefix](): func(s string) (any, error) { return parseNetworks(s) },
		},
	})
	if err == nil {
		return nil
	}
	var all env.AggregateError
	if !errors.As(err, &all) {
		return []string{err.Error()}
	}
	var problems []string
	for _, err := range all.Errors {
		problems = append(problems, explainSetting(err, values))
	}
	return problems
}

func explainSetting(err error, values map[string]string) string {
	var failed env.ParseError
	if !errors.As(err, &failed) {
		return err.Error()
	}
	i := slices.IndexFunc(variables(), func(v variable) bool { return v.field == failed.Name })
	v := variables()[i]
	return v.refuse(values[v.name])
}

// refuse says that value is wrong, without repeating a secret.
func (v variable) refuse(value string) string {
	if v.secret {
		return fmt.Sprintf("%s is not right: want %s", v.name, v.hint)
	}
	return fmt.Sprintf("%s is %q: want %s", v.name, value, v.hint)
}

// parseOrigin reads scheme and host: the issuer is made from it, so anything more
// would be lost or in the way.
func parseOrigin(s string) (url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(s, "/"))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Scheme+"://"+u.Host != strings.TrimSuffix(s, "/") {
		return url.URL{}, errors.New("not an origin")
	}
	u.Host = strings.ToLower(u.Host)
	return *u, nil
}

// parseNetworks reads networks and single addresses, separated by commas.
func parseNetworks(s string) ([]netip.Prefix, error) {
	parts := strings.Split(s, ",")
	for i, part := range parts {
		parts[i] = strings.TrimSpace(part)
	}
	return clientip.ParsePrefixes(parts)
}
