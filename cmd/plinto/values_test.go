package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// Each list of values is that of a flag that there is, and a flag with a closed list refuses others, says which there
// are and which was perhaps meant, before anything is opened.
func TestValues_areThoseOfFlags(t *testing.T) {
	t.Parallel()
	x := &terminal{t: t, dir: t.TempDir()}
	closed, unused := closedValues(), closedValues()
	maps.Copy(unused, offeredValues())
	for _, cmd := range leaves(quietRoot()) {
		_, path, _ := strings.Cut(cmd.CommandPath(), " ")
		group, _, _ := strings.Cut(path, " ")
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			delete(unused, group+" --"+f.Name)
			values := closed[group+" --"+f.Name]
			if values == nil {
				return
			}
			for _, value := range values {
				if err := f.Value.Set(value); err != nil {
					t.Errorf("%s --%s %s: %v", path, f.Name, value, err)
				}
			}
			_, stderr, code := x.run(append(strings.Fields(path), "--"+f.Name, values[0]+"x")...)
			if code != exitUsage || !strings.Contains(stderr, "must be "+values[0]) || !strings.Contains(stderr, "did you mean "+values[0]) {
				t.Errorf("%s --%s %sx: exit %d: %s", path, f.Name, values[0], code, stderr)
			}
		})
	}
	for key, values := range unused {
		t.Errorf("%s: %d values of no flag", key, len(values))
	}
}

// Who mistypes a flag is told which there is: of the command, and of every command.
func TestFlags_knowWhatWasMeant(t *testing.T) {
	t.Parallel()
	x := &terminal{t: t, dir: t.TempDir()}
	for line, meant := range map[string]string{
		"client create --redirect-url x": "--redirect-uri", "client list --tennant acme": "--tenant", "doctor --outptu json": "--output", "user list --sever x": "--server",
	} {
		_, stderr, code := x.run(strings.Fields(line)...)
		if first, _, _ := strings.Cut(stderr, "\n"); code != exitUsage || !strings.HasSuffix(first, "did you mean "+meant+"?") {
			t.Errorf("plinto %s: exit %d: %s", line, code, stderr)
		}
	}
	if _, stderr, code := x.run("user", "list", "--frobnicate"); code != exitUsage || strings.Contains(stderr, "did you mean") {
		t.Errorf("a flag that is like none: exit %d: %s", code, stderr)
	}
}

// A shell completes commands, flags, and values where they are a closed list: of lists the last.
func TestCompletion_knowsValues(t *testing.T) {
	t.Parallel()
	x := &terminal{t: t, dir: t.TempDir(), env: []string{"HOME=" + t.TempDir()}}
	for line, want := range map[string][]string{
		"client cre":                           {"create"},
		"tenant create acme --isolation s":     {"shared", "schema"},
		"tenant move acme --to d":              {"database"},
		"doctor -o ":                           {"table", "json", "yaml"},
		"client create --type w":               {"web"},
		"client create --scope openid\u00a0em": {"openid email"},
		"keys rotate --alg ES256,ES3":          {"ES256,ES384"},
		"connection create x --preset goo":     {"google"},
		"email-template show password.cha":     {"password.changed"},
		"import u.json --from k":               {"keycloak"},
		"completion ba":                        {"bash"},
	} {
		words := strings.Split(line, " ")
		for i := range words {
			words[i] = strings.ReplaceAll(words[i], "\u00a0", " ")
		}
		var got []string
		for found := range strings.Lines(x.ok(append([]string{"__completeNoDesc"}, words...)...)) {
			if found = strings.TrimSpace(found); !strings.HasPrefix(found, ":") {
				got = append(got, found)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q is completed by %q, want %q", line, got, want)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if out := x.ok("completion", shell); !strings.Contains(out, "plinto") {
			t.Errorf("%s: %.80s", shell, out)
		}
	}
}

// Values of commands on a server come from the contract of the API.
func TestValues_ofTheAPIAreClosed(t *testing.T) {
	t.Parallel()
	closed := 0
	for _, cmd := range leaves(commandTrees(t)[1]) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if _, ok := f.Value.(*closedValue); ok {
				closed++
				if err := f.Value.Set("frobnicate"); err == nil {
					t.Errorf("%s --%s takes anything", cmd.CommandPath(), f.Name)
				}
			}
		})
	}
	if closed < 20 {
		t.Errorf("%d flags are closed: the search is broken", closed)
	}
}
