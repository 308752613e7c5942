package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"plinto/internal/textfile"
)

// maxPassword bounds what is read of standard input, in bytes.
const maxPassword = 4096

// passwordFlags say where a password comes from: never from an argument.
type passwordFlags struct{ ask, stdin bool }

func (p *passwordFlags) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&p.ask, "password", false, "ask for a password")
	cmd.Flags().BoolVar(&p.stdin, "password-stdin", false, "read the password from standard input")
}

// read returns the password, or "" when none was asked for.
func (p *passwordFlags) read(c *cli) (string, error) {
	switch {
	case p.stdin:
		line, err := textfile.ReadFrom(c.in, maxPassword)
		if err != nil {
			return "", fmt.Errorf("read password: %w", err)
		}
		password := strings.TrimRight(string(line), "\r\n")
		if password == "" {
			return "", errors.New("there is no password on standard input")
		}
		return password, nil
	case p.ask:
		return p.prompt(c)
	default:
		return "", nil
	}
}

// prompt asks twice on a terminal, without showing what is typed.
func (p *passwordFlags) prompt(c *cli) (string, error) {
	in, ok := c.in.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return "", usageError{errors.New("standard input is no terminal: use --password-stdin")}
	}
	var typed [2][]byte
	for i, question := range []string{"Password: ", "Again: "} {
		fmt.Fprint(c.err, question)
		var err error
		typed[i], err = term.ReadPassword(int(in.Fd()))
		fmt.Fprintln(c.err)
		if err != nil {
			return "", fmt.Errorf("read password: %w", err)
		}
	}
	if !bytes.Equal(typed[0], typed[1]) {
		return "", errors.New("the two passwords differ")
	}
	if len(typed[0]) == 0 {
		return "", errors.New("the password is empty")
	}
	return string(typed[0]), nil
}

// A jsonMember is one member of an object, its value as JSON.
type jsonMember struct{ name, value string }

// jsonMembers returns the members of what value is as JSON, in their order.
func jsonMembers(value any) []jsonMember {
	doc, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(doc))
	var members []jsonMember
	if _, err := d.Token(); err != nil {
		return nil
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return members
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return members
		}
		members = append(members, jsonMember{fmt.Sprint(name), string(raw)})
	}
	return members
}
