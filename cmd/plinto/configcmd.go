package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func configCommand(c *cli) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show the configuration: each variable, its value and where it comes from",
		Long: `Show the configuration: each variable, its value and where it comes from.

Values come from the environment, then from the file .env in the working
directory. A secret may be given as a file: NAME_FILE holds the file's name.
Secrets are not shown. Problems are listed, and make the exit code 1.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := c.load()
			if shown := format.write(c.out, cfg.settings, func(w io.Writer) { settingsTable(w, cfg.settings) }); shown != nil {
				return shown
			}
			return err
		},
	}
	format.flag(cmd)
	return cmd
}

func settingsTable(w io.Writer, settings []setting) {
	fmt.Fprintln(w, "VARIABLE\tVALUE\tSOURCE")
	for _, s := range settings {
		value := s.Value
		if value == "" {
			value = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.Name, value, s.Source)
	}
}
