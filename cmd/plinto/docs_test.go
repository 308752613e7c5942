package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"plinto/event/explain"
)

// pagesOf calls visit for each page that people read.
func pagesOf(t *testing.T, visit func(name, text string)) {
	t.Helper()
	found := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".md") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		found++
		visit(strings.TrimPrefix(filepath.ToSlash(path), "../../"), string(text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 50 {
		t.Fatalf("only %d pages: the search is broken", found)
	}
}

// notToday reports whether a page tells of versions that had other commands, or of what was rejected.
func notToday(page string) bool {
	return page == "CHANGELOG.md" || strings.HasPrefix(page, "docs/decisions/")
}

// A commandLine is one that a page shows, from the word after plinto on.
type commandLine struct {
	page  string
	words []string
}

var (
	backquoted = regexp.MustCompile("`([^`\n]+)`")
	// called is a line that runs plinto: alone, behind variables, or in a container.
	called = regexp.MustCompile(`(?:(?:^|&& |; |-- )(?:sudo )?(?:[A-Z_]+=(?:"[^"]*"|\S*) )*(?:\S*/)?| /)plinto +([a-z-][^\n]*)`)
	spaces = regexp.MustCompile(`\s+`)
)

// commandsOfPages returns the command lines between backquotes and in blocks of code.
func commandsOfPages(t *testing.T) (all []commandLine) {
	t.Helper()
	pagesOf(t, func(name, text string) {
		if notToday(name) {
			return
		}
		add := func(code string) {
			if strings.Contains(code, "cmd/plinto") || strings.HasPrefix(code, "#") {
				return // a path, a comment
			}
			if m := called.FindStringSubmatch(code); m != nil {
				all = append(all, commandLine{name, wordsOf(m[1])})
			}
		}
		fenced := false
		for line := range strings.SplitSeq(strings.ReplaceAll(text, "\\\n", " "), "\n") {
			trimmed := strings.TrimSpace(line)
			switch {
			case strings.HasPrefix(trimmed, "```"):
				fenced = !fenced
			case fenced || strings.HasPrefix(line, "    "):
				add(trimmed)
			default:
				for _, q := range backquoted.FindAllStringSubmatch(line, -1) {
					add(q[1])
				}
			}
		}
	})
	return all
}

// wordsOf splits a command line as a shell would, up to what is no argument any more.
func wordsOf(line string) (words []string) {
	word, quote, open := "", rune(0), false
	for _, r := range line + " " {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word += string(r)
		case r == '"' || r == '\'':
			quote, open = r, true
		case r == ' ':
			if word != "" || open {
				words = append(words, word)
			}
			word, open = "", false
		case word == "" && strings.ContainsRune("#|>&;<", r):
			return words
		default:
			word += string(r)
		}
	}
	return words
}

// commandTrees are the commands on a database and those on a server.
func commandTrees(t *testing.T) []*cobra.Command {
	t.Helper()
	var out bytes.Buffer
	c := &cli{in: strings.NewReader(""), out: &out, err: &out, dir: t.TempDir(), environ: []string{"PLINTO_SERVER=https://id.example.com"}}
	local, remote := newRoot(c), newRoot(c)
	if err := c.onServer(remote, []string{"user"}); err != nil {
		t.Fatal(err)
	}
	for _, root := range []*cobra.Command{local, remote} {
		root.InitDefaultCompletionCmd()
		root.InitDefaultHelpCmd()
	}
	return []*cobra.Command{local, remote}
}

// wrong says what of a command line is not there, "" for nothing. Words in capitals, with dots or brackets stand for
// what the reader puts in their place.
func wrong(root *cobra.Command, words []string) string {
	cmd, below := root, true
	for _, w := range words {
		w = strings.Trim(w, "[],.:…")
		flag, isFlag := strings.CutPrefix(w, "-")
		switch {
		case w == "" || w == "-" || w == "--":
		case isFlag:
			below = false
			if s := wrongFlag(cmd, flag); s != "" {
				return s
			}
		case below && cmd.HasSubCommands() && w == strings.ToLower(w):
			next, unknown := lower(cmd, w)
			if next == nil {
				return cmd.CommandPath() + " has no command " + unknown
			}
			cmd = next
		default:
			below = false
		}
	}
	return ""
}

// lower returns the command below one by its name, or the last of several with a stroke between; nil and the name of
// the first that is not there.
func lower(cmd *cobra.Command, names string) (next *cobra.Command, unknown string) {
	for name := range strings.SplitSeq(names, "|") {
		at := slices.IndexFunc(cmd.Commands(), func(c *cobra.Command) bool { return c.Name() == name || c.HasAlias(name) })
		if at < 0 {
			return nil, name
		}
		next = cmd.Commands()[at]
	}
	return next, ""
}

func wrongFlag(cmd *cobra.Command, flag string) string {
	name, long := strings.CutPrefix(flag, "-")
	name, _, _ = strings.Cut(name, "=")
	cmd.InitDefaultHelpFlag()
	cmd.InheritedFlags() // merges those of the commands above
	if long && cmd.Flags().Lookup(name) == nil || !long && cmd.Flags().ShorthandLookup(name[:1]) == nil {
		return cmd.CommandPath() + " has no flag -" + flag
	}
	return ""
}

// What pages tell people to type is there: commands, their flags, and flags that are named alone.
func TestDocs_nameCommandsThatExist(t *testing.T) {
	t.Parallel()
	trees, lines := commandTrees(t), commandsOfPages(t)
	if len(lines) < 150 {
		t.Fatalf("only %d command lines: the search is broken", len(lines))
	}
	for _, l := range lines {
		var problems []string
		for _, root := range trees {
			if s := wrong(root, l.words); s != "" {
				problems = append(problems, s)
			}
		}
		if len(problems) == len(trees) {
			t.Errorf("%s: plinto %s: %s", l.page, strings.Join(l.words, " "), strings.Join(slices.Compact(problems), "; "))
		}
	}
	flags := map[string]bool{}
	for _, root := range trees {
		everyFlag(root, flags)
	}
	pagesOf(t, func(name, text string) {
		for _, q := range backquoted.FindAllStringSubmatch(text, -1) {
			flag, ok := strings.CutPrefix(spaces.Split(q[1], 2)[0], "--")
			flag, _, _ = strings.Cut(flag, "=")
			if flag = strings.Trim(flag, "[],.…"); ok && flag != "" && !flags[flag] && !strings.HasSuffix(flag, "-") && !notToday(name) {
				t.Errorf("%s: no command has a flag --%s", name, flag)
			}
		}
	})
}

func everyFlag(cmd *cobra.Command, into map[string]bool) {
	cmd.InitDefaultHelpFlag()
	cmd.Flags().VisitAll(func(f *pflag.Flag) { into[f.Name] = true })
	cmd.PersistentFlags().VisitAll(func(f *pflag.Flag) { into[f.Name] = true })
	for _, sub := range cmd.Commands() {
		everyFlag(sub, into)
	}
}

// So are the commands that the server's own words tell people to type.
func TestWords_nameCommandsThatExist(t *testing.T) {
	t.Parallel()
	trees, found := commandTrees(t), 0
	said := regexp.MustCompile(`plinto ([a-z-]+(?: [a-z-]+)*)`)
	for _, code := range explain.Codes() {
		cause, remedy, _ := explain.Words(code)
		for _, m := range said.FindAllStringSubmatch(cause+" "+remedy, -1) {
			found++
			words := wordsOf(m[1])
			if problem := wrong(trees[0], words); problem != "" && wrong(trees[1], words) != "" {
				t.Errorf("%s: %s (plinto %s)", code, problem, m[1])
			}
		}
	}
	if found < 30 {
		t.Fatalf("only %d commands: the search is broken", found)
	}
}

// A command that is not there is noticed, and so is a flag.
func TestDocs_noticeCommandsThatDoNotExist(t *testing.T) {
	t.Parallel()
	root := commandTrees(t)[0]
	for line, want := range map[string]string{
		"tenant make acme":                     "plinto tenant has no command make",
		"tenants":                              "plinto has no command tenants",
		"migrate --wait 10m --waits":           "plinto migrate has no flag --waits",
		"migrate -x":                           "plinto migrate has no flag -x",
		"user factors list|drop USER":          "plinto user factors has no command drop",
		"tenant move acme --to schema # here":  "",
		"user factors list|remove USER":        "",
		"tenant list -o json":                  "",
		"keys rotate --tenant T [--alg ES256]": "",
		`org create acme --name "Acme | Inc"`:  "",
		"NOUN VERB":                            "",
	} {
		if got := wrong(root, wordsOf(line)); got != want {
			t.Errorf("plinto %s: %q, want %q", line, got, want)
		}
	}
}
