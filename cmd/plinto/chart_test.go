package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const chartDir = "../../deploy/helm/plinto"

// ofTheMigration is the secret that servers do not get.
const ofTheMigration = "PLINTO_MIGRATE_DATABASE_URL"

// A chartSchema is what values.schema.json says about the values `secrets` and `settings`.
type chartSchema struct {
	Properties struct {
		Secrets struct {
			PropertyNames struct {
				Enum []string `json:"enum"`
			} `json:"propertyNames"`
		} `json:"secrets"`
		Settings struct {
			PropertyNames struct {
				Pattern string `json:"pattern"`
				Not     struct {
					Pattern string `json:"pattern"`
				} `json:"not"`
			} `json:"propertyNames"`
		} `json:"settings"`
	} `json:"properties"`
}

func readChartSchema(t *testing.T) (s chartSchema) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(chartDir, "values.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// takes reports whether the value `settings` may have a variable.
func (s *chartSchema) takes(name string) bool {
	names := s.Properties.Settings.PropertyNames
	return regexp.MustCompile(names.Pattern).MatchString(name) && !regexp.MustCompile(names.Not.Pattern).MatchString(name)
}

// problems returns how the schema differs from Config: each secret is a reference, and the one of the
// tables' owner the migration's alone; nothing else is.
func (s *chartSchema) problems() (problems []string) {
	var secrets []string
	for _, v := range variables() {
		if v.secret && v.name != ofTheMigration {
			secrets = append(secrets, v.name)
		}
		for _, name := range []string{v.name, v.also} {
			if name != "" && v.secret && (s.takes(name) || s.takes(name+"_FILE")) {
				problems = append(problems, name+" is secret, and among the settings")
			}
		}
	}
	listed := slices.Clone(s.Properties.Secrets.PropertyNames.Enum)
	slices.Sort(listed)
	slices.Sort(secrets)
	if !slices.Equal(listed, secrets) {
		problems = append(problems, fmt.Sprintf("the chart has the secrets %v, the server %v", listed, secrets))
	}
	return problems
}

// What is secret is a reference in the chart, and nothing that is secret can be written into its values.
func TestChart_refersToSecrets_DEP_07(t *testing.T) {
	t.Parallel()
	schema := readChartSchema(t)
	if problems := schema.problems(); len(problems) > 0 {
		t.Errorf("%s", strings.Join(problems, "\n"))
	}
	for name, want := range map[string]bool{
		"PLINTO_LOG_LEVEL": true, "OTEL_TRACES_SAMPLER": true, "GOMEMLIMIT": true,
		"PLINTO_PUBLIC_URL": false, "PLINTO_TLS_KEY_FILE": false, "LD_PRELOAD": false, "DATABASE_URL": false,
	} {
		if schema.takes(name) != want {
			t.Errorf("settings take %s: %v, want %v", name, !want, want)
		}
	}

	// The comparison notices what it is about.
	lax := readChartSchema(t)
	lax.Properties.Settings.PropertyNames.Not.Pattern = strings.Replace(lax.Properties.Settings.PropertyNames.Not.Pattern, "REDIS_URL", "", 1)
	if problems := lax.problems(); len(problems) != 1 || !strings.Contains(problems[0], "PLINTO_REDIS_URL is secret") {
		t.Errorf("with a secret among the settings: %q", problems)
	}
	lax = readChartSchema(t)
	lax.Properties.Secrets.PropertyNames.Enum = append(lax.Properties.Secrets.PropertyNames.Enum, ofTheMigration)
	if problems := lax.problems(); len(problems) != 1 || !strings.Contains(problems[0], "the chart has the secrets") {
		t.Errorf("with the owner's secret for servers: %q", problems)
	}
}

var (
	chartVariable = regexp.MustCompile(`\b(?:PLINTO|OTEL)_[A-Z_]*[A-Z]\b`)
	chartMetric   = regexp.MustCompile(`\bplinto_[a-z_]+[a-z]\b`)
)

// Variables and metrics that the chart and its page name are there.
func TestChart_namesVariablesAndMetricsThatExist(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, v := range variables() {
		known[v.name], known[v.name+"_FILE"] = true, v.secret
	}
	metrics, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	look := func(path string) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
			return
		}
		for _, name := range chartVariable.FindAllString(string(text), -1) {
			found++
			if !known[name] {
				t.Errorf("%s: there is no variable %s", path, name)
			}
		}
		for _, name := range chartMetric.FindAllString(string(text), -1) {
			found++
			if !strings.Contains(string(metrics), "`"+name+"`") {
				t.Errorf("%s: there is no metric %s", path, name)
			}
		}
	}
	look("../../docs/kubernetes.md")
	for _, dir := range []string{"templates", "ci", "."} {
		files, err := fs.Glob(os.DirFS(filepath.Join(chartDir, dir)), "*.[ty]*")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", dir, files, err)
		}
		for _, file := range files {
			look(filepath.Join(chartDir, dir, file))
		}
	}
	if found < 30 {
		t.Errorf("%d names found: the search is broken", found)
	}
}
