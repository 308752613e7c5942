package main

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// What of a command line has to be known before its flags are read: how errors are told, which commands there are, and which one it is.

// asksForJSON reports whether a command line wants what it shows as JSON, in any spelling that the flags take. It is asked of a command line that cannot
// be read, too; of one that can, the flags say it.
func asksForJSON(args []string) (asked bool) {
	for i := 0; i < len(args); i++ {
		name, value, attached := strings.Cut(args[i], "=")
		switch {
		case name == "--" && !attached:
			return asked
		case name == "--json":
			on, err := strconv.ParseBool(value)
			asked = asked || !attached || on || err != nil // false takes nothing back
		case (name == "--output" || name == "-o") && !attached:
			if i++; i < len(args) {
				asked = args[i] == string(outputJSON)
			}
		case name == "--output" || name == "-o":
			asked = value == string(outputJSON)
		case strings.HasPrefix(name, "-o"):
			asked = strings.TrimPrefix(args[i], "-o") == string(outputJSON)
		}
	}
	return asked
}

// flagOf returns the value of a flag that decides which commands there are, before they are made: of several the last, as flags are read.
func flagOf(args []string, name string) (value string, given bool) {
	for i, a := range args {
		if a == "--" {
			break
		}
		if v, ok := strings.CutPrefix(a, "--"+name+"="); ok {
			value, given = v, true
		} else if a == "--"+name && i+1 < len(args) {
			value, given = args[i+1], true
		}
	}
	return value, given
}

// firstWord is the name of the command in a command line, as it is going to be found; "" for none.
func firstWord(root *cobra.Command, args []string) string {
	if len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd) {
		args = args[1:]
	}
	found, _, err := root.Find(args)
	if err != nil || found == root {
		return ""
	}
	for found.Parent() != root {
		found = found.Parent()
	}
	return found.Name()
}

// takeEarly lets -o and --json stand before the name of a command, too: cobra finds the name by the flags that it knows on the way there.
func takeEarly(root *cobra.Command) {
	eachCommand(root, func(cmd *cobra.Command) {
		if !cmd.HasSubCommands() || cmd.Flags().Lookup("output") != nil {
			return
		}
		new(output).flag(cmd)
		cmd.Flags().Lookup("output").Hidden, cmd.Flags().Lookup("json").Hidden = true, true
	})
}
