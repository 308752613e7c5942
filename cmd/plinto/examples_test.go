package main

import (
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"plinto/event/webhook"
	"plinto/federation"
	"plinto/identity"
	"plinto/identity/bulk"
	"plinto/internal/tid"
	"plinto/organization/apikey"
	"plinto/organization/invitation"
	"plinto/provider"
)

// Each command has examples, and each is a command line that the command takes.
func TestHelp_hasExamplesThatWork(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, cmd := range leaves(quietRoot()) {
		_, path, _ := strings.Cut(cmd.CommandPath(), " ")
		known[path] = true
		if cmd.Example == "" {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
	}
	for path, all := range examples {
		if !known[path] {
			t.Errorf("an example of %q, which is no command", path)
		}
		for line := range strings.Lines(all) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") {
				continue
			}
			_, line, _ = strings.Cut(line, "plinto ") // what is before is for the shell
			root, words := quietRoot(), wordsOf(line)
			cmd, rest, err := root.Find(words)
			if err == nil {
				err = cmd.ParseFlags(rest)
			}
			if err == nil {
				err = cmd.ValidateArgs(cmd.Flags().Args())
			}
			if err == nil {
				err = cmd.ValidateRequiredFlags()
			}
			if err != nil || cmd.CommandPath() != "plinto "+path {
				t.Errorf("%s, an example of %q: %s, %v", line, path, cmd.CommandPath(), err)
			}
		}
	}
}

// Who mistypes a command is told which there is.
func TestHelp_knowsWhatWasMeant(t *testing.T) {
	t.Parallel()
	x := &terminal{t: t, dir: t.TempDir()}
	for line, meant := range map[string]string{"clinet": "client", "client lst": "list", "user emails prmary": "primary", "org domain": "domains"} {
		_, stderr, code := x.run(strings.Fields(line)...)
		if first, _, _ := strings.Cut(stderr, "\n"); code != exitUsage || !strings.HasSuffix(first, "did you mean "+meant+"?") {
			t.Errorf("plinto %s: exit %d: %s", line, code, stderr)
		}
	}
}

// Help lists every command in a chapter, those of a user's first day first.
func TestHelp_listsCommandsInTheOrderOfWork(t *testing.T) {
	t.Parallel()
	x := &terminal{t: t, dir: t.TempDir()}
	help := x.ok("--help")
	at := 0
	for _, want := range []string{"Run Plinto:", "  dev ", "  serve ", "Tenants, applications and people:", "  tenant ", "  client ", "Files:", "  apply ", "See and repair:", "  doctor "} {
		found := strings.Index(help[at:], want)
		if found < 0 {
			t.Fatalf("no %q where it should be:\n%s", want, help)
		}
		at += found
	}
	if strings.Contains(help, "\n  rewrap") || strings.Contains(help, "Additional Commands:\n  help        Help about any command\n  a") {
		t.Errorf("a command in no chapter:\n%s", help)
	}
}

func quietRoot() *cobra.Command { return newRoot(&cli{out: io.Discard, err: io.Discard}) }

// leaves are the commands that do something.
func leaves(cmd *cobra.Command) (all []*cobra.Command) {
	for _, sub := range cmd.Commands() {
		if sub.HasSubCommands() {
			all = append(all, leaves(sub)...)
		} else {
			all = append(all, sub)
		}
	}
	return all
}

// An id of an example is one that the program would show: with the prefix of what the command is about.
func TestHelp_hasExamplesWithIDsThatExist(t *testing.T) {
	t.Parallel()
	prefixes := []string{
		webhook.EndpointPrefix, webhook.DeliveryPrefix, federation.IdentityPrefix, identity.DevicePrefix, identity.UserPrefix, provider.GrantPrefix,
		invitation.Prefix, apikey.Prefix, bulk.JobPrefix,
	}
	id, found := regexp.MustCompile(`\b([a-z]+)_(01[0-9a-z]{24})\b`), map[string]bool{}
	for path, all := range examples {
		for _, m := range id.FindAllStringSubmatch(all, -1) {
			if found[m[1]] = true; !slices.Contains(prefixes, m[1]) {
				t.Errorf("an example of %q has the id %s, and nothing has ids that begin so", path, m[0])
			}
			if _, err := tid.Parse(m[1], m[0]); err != nil {
				t.Errorf("an example of %q has the id %s: %v", path, m[0], err)
			}
		}
	}
	if len(found) != len(prefixes) {
		t.Errorf("the examples have ids that begin with %v, want each of %v", found, prefixes)
	}
}
