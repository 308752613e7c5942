package remote

import (
	"context"
	"net/http"
	"strings"

	"github.com/spf13/cobra"
)

// Options are what the commands need of the program.
type Options struct {
	Contract []byte // OpenAPI 3.1, as JSON
	// Send sends a request to a path below the address of the API. Its errors are refusals too.
	Send func(ctx context.Context, method, path string, header http.Header, body []byte) (*http.Response, error)
	// Output adds the flag for the format of what is shown, and returns what shows it.
	Output func(*cobra.Command) Show
	// Close has a flag refuse what is not among values, and a shell complete them.
	Close func(cmd *cobra.Command, flag string, values []string)
	// None refuses what is no command of a group, and says which was perhaps meant.
	None cobra.PositionalArgs
	// Usage marks an error of how a command was called.
	Usage func(error) error
	// File reads a file, or standard input for "-".
	File func(name string) ([]byte, error)
	// NotYAML says where a file is not YAML. The error of the package quotes lines, which may hold secrets.
	NotYAML func(name string, err error) error
}

// words are what commands call the parts of paths, where that is not the singular.
var words = map[string]string{
	"organizations": "org", "webhook-endpoints": "webhook", "audit-log": "audit", "statistics": "statistics", "by-external-id": "upsert",
}

// word is what commands call a part of a path.
func word(part string) string {
	if w, ok := words[part]; ok {
		return w
	}
	if stem, ok := strings.CutSuffix(part, "ies"); ok {
		return stem + "y"
	}
	return strings.TrimSuffix(part, "s")
}

// verbs are what commands call methods.
var (
	itemVerbs = map[string]string{"GET": "get", "PATCH": "update", "PUT": "set", "DELETE": "delete"}
	listVerbs = map[string]string{"GET": "list", "POST": "create", "PUT": "set", "DELETE": "delete-all"}
)

// place returns the words of the group and of the command of an operation, and its arguments.
func (d *document) place(op *operation) (groups []string, name string, args []string) {
	parts := strings.Split(strings.TrimPrefix(op.path, "/"), "/")
	item := false
	for i, part := range parts {
		if arg, ok := strings.CutPrefix(part, "{"); ok {
			args, item = append(args, strings.TrimSuffix(arg, "}")), true
			continue
		}
		item = false
		if i == len(parts)-1 && !d.collection(op.path) {
			if w, ok := words[part]; ok {
				part = w
			}
			return groups, part, args // something that is done
		}
		groups = append(groups, word(part))
	}
	if item {
		return groups, itemVerbs[op.method], args
	}
	return groups, listVerbs[op.method], args
}

// Commands returns the commands of a contract, by their first word.
func Commands(o Options) ([]*cobra.Command, error) {
	d, operations, err := read(o.Contract)
	if err != nil {
		return nil, err
	}
	root := &cobra.Command{}
	for _, op := range operations {
		groups, name, args := d.place(op)
		at := root
		for _, g := range groups {
			at = below(at, g, o)
		}
		at.AddCommand(d.command(op, name, args, o))
	}
	all := root.Commands()
	root.RemoveCommand(all...)
	return all, nil
}

// below returns the group of that name, which it makes when there is none.
func below(at *cobra.Command, name string, o Options) *cobra.Command {
	for _, c := range at.Commands() {
		if c.Name() == name {
			return c
		}
	}
	c := &cobra.Command{Use: name, Short: "Manage each " + strings.ReplaceAll(name, "-", " ") + " of the server", Args: o.None, SuggestionsMinimumDistance: 2}
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		return o.Usage(&needsCommandError{cmd.CommandPath()})
	}
	at.AddCommand(c)
	return c
}

type needsCommandError struct{ group string }

func (e *needsCommandError) Error() string { return e.group + " needs one of its commands" }
