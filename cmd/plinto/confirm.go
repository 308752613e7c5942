package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// streams are the commands that take no -o: they serve, or write something that has a format of its own.
var streams = map[string]string{
	"dev": "serves", "serve": "serves", "worker": "serves",
	"export": "writes a manifest", "backup": "writes a bundle", "import": "writes JSON, a line each", "user export": "writes JSON, a line each",
	"events": "writes JSON, a line each", "audit export": "has --format", "audit prove": "writes JSON", "audit consistency": "writes JSON",
	"audit head": "writes a signed note", "audit key": "writes the key of a signed note",
}

// A confirmation is what a command says that did something and has nothing to show.
type confirmation struct {
	Messages []string `json:"messages"`
}

// confirmAll gives every command below cmd that has no -o of its own one, with which what it says is a confirmation.
func confirmAll(c *cli, cmd *cobra.Command) {
	eachCommand(cmd, func(cmd *cobra.Command) {
		_, path, _ := strings.Cut(cmd.CommandPath(), " ")
		if _, streams := streams[path]; streams || cmd.HasSubCommands() || cmd.RunE == nil || cmd.Flags().Lookup("output") != nil {
			return
		}
		format := new(output)
		format.flag(cmd)
		run := cmd.RunE
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if *format == outputTable {
				return run(cmd, args)
			}
			to, said := c.out, new(bytes.Buffer)
			c.out = said
			err := run(cmd, args)
			c.out = to
			if err != nil && said.Len() == 0 {
				return err
			}
			done := confirmation{Messages: []string{}}
			for line := range strings.Lines(said.String()) {
				if line = strings.TrimSpace(line); line != "" {
					done.Messages = append(done.Messages, line)
				}
			}
			if shown := format.write(to, done, func(io.Writer) {}); shown != nil {
				return fmt.Errorf("write what was done: %w", shown)
			}
			return err
		}
	})
}
