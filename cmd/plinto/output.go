package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/goccy/go-yaml"
	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"plinto/internal/keyset"
	"plinto/internal/nearest"
	"plinto/internal/tid"
)

// An output is how a command shows what it found. It is a flag value.
type output string

// The outputs.
const (
	outputTable output = "table"
	outputJSON  output = "json"
	outputYAML  output = "yaml"
)

var outputs = []string{string(outputTable), string(outputJSON), string(outputYAML)}

// flag adds -o and --json to a command.
func (o *output) flag(cmd *cobra.Command) {
	*o = outputTable
	cmd.Flags().VarP(o, "output", "o", "how to show it: "+nearest.OneOf(outputs))
	cmd.Flags().VarPF((*jsonFlag)(o), "json", "", "as -o json").NoOptDefVal = "true"
	completeFlag(cmd, "output", outputs)
}

// A jsonFlag is --json: -o json in a word.
type jsonFlag output

// String implements pflag.Value.
func (j *jsonFlag) String() string { return strconv.FormatBool(output(*j) == outputJSON) }

// Type implements pflag.Value.
func (j *jsonFlag) Type() string { return "bool" }

// Set implements pflag.Value.
func (j *jsonFlag) Set(s string) error {
	on, err := strconv.ParseBool(s)
	if err != nil {
		return errors.New("must be true or false")
	}
	if on {
		*j = jsonFlag(outputJSON)
	}
	return nil
}

// String implements pflag.Value.
func (o *output) String() string { return string(*o) }

// Type implements pflag.Value.
func (o *output) Type() string { return "format" }

// Set implements pflag.Value.
func (o *output) Set(s string) error {
	switch v := output(s); v {
	case outputTable, outputJSON, outputYAML:
		*o = v
		return nil
	}
	return errors.New("must be " + nearest.OneOf(outputs) + nearest.Hint(s, outputs))
}

// paging is which part of a list to show.
type paging struct {
	after string
	limit int
}

// flags adds --after, which takes what key names, and --limit to a command.
func (p *paging) flags(cmd *cobra.Command, key string) {
	cmd.Flags().StringVar(&p.after, "after", "", "start after this "+key)
	cmd.Flags().IntVar(&p.limit, "limit", 100, "how many at most")
}

func (p *paging) check() error {
	if p.limit < 1 || p.limit > 1000 {
		return usageError{fmt.Errorf("--limit must be between 1 and 1000")}
	}
	return nil
}

// afterID reads --after as the public id of what ("a user"); uuid.Nil where it is not given.
func (p *paging) afterID(prefix, what string) (uuid.UUID, error) {
	if err := p.check(); err != nil || p.after == "" {
		return uuid.Nil, err
	}
	id, err := tid.Parse(prefix, p.after)
	if err != nil {
		return id, usageError{fmt.Errorf("--after must be the id of %s", what)}
	}
	return id, nil
}

// window is the page after an id.
func (p *paging) window(after uuid.UUID) keyset.Window { return keyset.Rows(after, p.limit) }

// more says how to go on after a full page.
func (p *paging) more(w io.Writer, shown int, last string) {
	if shown == p.limit {
		fmt.Fprintf(w, "There may be more: --after %s\n", last)
	}
}

// write shows value as JSON or YAML, or calls table with a writer that lines up
// what tabs separate.
func (o *output) write(w io.Writer, value any, table func(io.Writer)) error {
	switch *o {
	case outputJSON:
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(value)
	case outputYAML:
		doc, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("write YAML: %w", err)
		}
		out, err := yaml.JSONToYAML(doc) // so that names are those of the JSON
		if err != nil {
			return fmt.Errorf("write YAML: %w", err)
		}
		_, err = w.Write(out)
		return err
	default:
		tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		table(tw)
		return tw.Flush()
	}
}
