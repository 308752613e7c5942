package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/organization"
	"plinto/tenant"
)

// newRoot returns the command plinto with every command below it.
func newRoot(c *cli) *cobra.Command {
	root := &cobra.Command{
		Use:           "plinto",
		Short:         "An OAuth 2.0 and OpenID Connect authorization server",
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRun: func(cmd *cobra.Command, _ []string) {
			_, c.command, _ = strings.Cut(cmd.CommandPath(), " ")
			if f := cmd.Flags().Lookup("output"); f != nil {
				c.json = f.Value.String() == string(outputJSON)
			}
		},
		CompletionOptions: cobra.CompletionOptions{
			HiddenDefaultCmd: true,
		},
	}
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.err)
	root.SetFlagErrorFunc(suggestFlag)
	for _, of := range commands(c) {
		root.AddGroup(&cobra.Group{ID: of.title, Title: of.title + ":"})
		for _, cmd := range of.all {
			cmd.GroupID = of.title
			root.AddCommand(cmd)
		}
	}
	root.SetHelpCommandGroupID(root.Groups()[len(root.Groups())-1].ID)
	remoteFlags(c, root)
	exemplify(root)
	closeValues(root)
	confirmAll(c, root)
	takeEarly(root)
	wrapArgs(root)
	return root
}

// Commands are listed in the order of a user's work. It is one switch for the whole process.
var _ = func() bool { cobra.EnableCommandSorting = false; return true }()

// onServer puts the commands that work on a server in the place of those that work on the database,
// where one is chosen.
func (c *cli) onServer(root *cobra.Command, args []string) error {
	if slices.Contains(neverOnServer, firstWord(root, args)) {
		return nil
	}
	t, err := c.target(args)
	if err != nil || t == nil {
		return err
	}
	all, err := remoteCommands(c, t)
	if err != nil {
		return err
	}
	for _, cmd := range all {
		for _, other := range root.Commands() {
			if other.Name() == cmd.Name() {
				cmd.GroupID = other.GroupID
				root.RemoveCommand(other)
			}
		}
		takeEarly(cmd)
		wrapArgs(cmd)
		root.AddCommand(cmd)
	}
	return nil
}

// neverOnServer are commands that are about this machine and its database, whatever the server.
var neverOnServer = []string{
	"apply", "backup", "config", "dev", "diff", "doctor", "explain", "export", "healthcheck", "login", "logout", "migrate", "profile", "restore", "serve", "upgrade-check", "version", "worker",
}

// A chapter is what help lists commands under.
type chapter struct {
	title string
	all   []*cobra.Command
}

// commands are those of the program, in the order of a life with Plinto.
func commands(c *cli) []chapter {
	return []chapter{
		{"Run Plinto", []*cobra.Command{devCommand(c), serveCommand(c), workerCommand(c), migrateCommand(c), upgradeCheckCommand(c), healthcheckCommand(c)}},
		{"Tenants, applications and people", []*cobra.Command{
			c.forceFlag(tenantCommand(c)), c.forceFlag(clientCommand(c)), userCommand(c), c.forceFlag(orgCommand(c)), c.forceFlag(roleCommand(c)),
			c.forceFlag(connectionCommand(c)), emailTemplateCommand(c),
		}},
		{"Files", []*cobra.Command{applyCommand(c), diffCommand(c), exportCommand(c), importCommand(c), backupCommand(c), restoreCommand(c)}},
		{"Scripts and servers elsewhere", []*cobra.Command{
			loginCommand(c), logoutCommand(c), profileCommand(c), apiKeyCommand(c), c.forceFlag(webhookCommand(c)), eventsCommand(c),
		}},
		{"See and repair", []*cobra.Command{
			doctorCommand(c), explainCommand(c), configCommand(c), keysCommand(c), auditCommand(c), statsCommand(c), jobCommand(c), versionCommand(c),
		}},
	}
}

// wrapArgs marks wrong arguments as errors of usage, for every command.
func wrapArgs(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usageError{err}
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		wrapArgs(sub)
	}
}

// group returns a command that only has commands below it.
func group(use, short string, subs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: noneOf, SuggestionsMinimumDistance: 2}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return usageError{fmt.Errorf("%s needs one of its commands", cmd.CommandPath())}
	}
	cmd.AddCommand(subs...)
	return cmd
}

// What cobra writes between what is unknown and what was perhaps meant.
const meantBegins, meantGoesOn = "\n\nDid you mean this?\n\t", "\n\t"

// onOneLine has an error of usage say on its line what was perhaps meant.
func onOneLine(err error) string {
	said, meant, ok := strings.Cut(strings.TrimSpace(err.Error()), meantBegins)
	if !ok {
		return said
	}
	return said + ": did you mean " + strings.ReplaceAll(meant, meantGoesOn, " or ") + "?"
}

// noneOf refuses what is no command of a group, and says which was perhaps meant.
func noneOf(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	said := fmt.Sprintf("unknown command %q for %q", args[0], cmd.CommandPath())
	if meant := cmd.SuggestionsFor(args[0]); len(meant) > 0 {
		said += meantBegins + strings.Join(meant, meantGoesOn) // as cobra says it of the first word
	}
	return errors.New(said)
}

// unreadable is what an error says to be stored and not to be read, "" for others.
func unreadable(err error) string {
	switch {
	case errors.Is(err, tenant.ErrUnreadable):
		return "tenant"
	case errors.Is(err, identity.ErrUserUnreadable):
		return "user"
	case errors.Is(err, organization.ErrUnreadable):
		return "organization"
	}
	return ""
}

// explainFault words an error for a terminal: the message of a fault, which is
// meant for people, instead of its code; other errors as they are.
func explainFault(err error) string {
	if all := parts(err); len(all) > 1 {
		lines := make([]string, len(all))
		for i, one := range all {
			lines[i] = explainFault(one)
		}
		return strings.Join(lines, "\n")
	}
	var database *databaseError
	if errors.As(err, &database) {
		return database.Error()
	}
	var spoken *worded
	if errors.As(err, &spoken) {
		return spoken.Error()
	}
	var known *fault.Error
	if !errors.As(err, &known) || known.Message == "" {
		return err.Error()
	}
	message := known.Message
	cause := errors.Unwrap(known)
	if what := unreadable(known); what != "" { // whoever has the command line is who mends it
		message, cause = "the "+what+" cannot be worked with", known
	}
	if cause != nil {
		message = fmt.Sprintf("%s (%v)", message, cause)
	}
	for _, f := range known.Fields {
		message += fmt.Sprintf(" (%s %s)", cmp.Or(strings.TrimPrefix(f.Pointer, "/"), f.Parameter, "it"), f.Message)
	}
	doing, ok := strings.CutSuffix(err.Error(), known.Error())
	if !ok {
		return message
	}
	steps := strings.Split(doing, ": ") // layers that do one thing name it alike
	return strings.Join(slices.Compact(steps), ": ") + message
}
