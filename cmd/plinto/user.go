package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/tid"
)

func userCommand(c *cli) *cobra.Command {
	var t tenantFlag
	cmd := group("user", "Manage a tenant's users",
		userCreate(c, &t), userList(c, &t), userShow(c, &t), userSetPassword(c, &t),
		userSwitch(c, &t, "disable", "Keep a user out, and end all sessions", true),
		userSwitch(c, &t, "enable", "Let a disabled user in again", false),
		userSignOut(c, &t), userConsents(c, &t), userDelete(c, &t))
	t.flag(cmd)
	return cmd
}

// A userRow is how a user is shown.
type userRow struct {
	ID            string `json:"id"`
	Email         string `json:"email,omitempty"`
	EmailVerified bool   `json:"email_verified,omitempty"`
	Username      string `json:"username,omitempty"`
	Phone         string `json:"phone_number,omitempty"`
	State         string `json:"state"`
	CreatedAt     string `json:"created_at,omitempty"`
	identity.Profile
}

func newUserRow(u *identity.User) userRow {
	return userRow{
		ID: u.PublicID(), Email: u.Email, EmailVerified: u.EmailVerified, Username: u.Username, Phone: u.Phone,
		State: state(u.DisabledAt), CreatedAt: stamp(u.CreatedAt), Profile: u.Profile,
	}
}

// user finds a user by public id, email or user name.
func (i *installation) user(ctx context.Context, name string) (identity.User, error) {
	id, err := tid.Parse(identity.UserPrefix, name)
	var u identity.User
	if err == nil {
		u, err = i.Users.ByID(ctx, id)
	} else {
		u, _, err = i.Users.Credential(ctx, name)
	}
	if errors.Is(err, identity.ErrUserNotFound) || errors.Is(err, identity.ErrIdentifier) {
		return u, fmt.Errorf("there is no user %q in the tenant", name)
	}
	return u, err
}

func (i *installation) directory() *identity.Directory {
	return &identity.Directory{Users: i.Users, Sessions: i.Sessions, Hasher: i.Hasher, Outbox: i.Outbox, Tx: i.Tx}
}

func userCreate(c *cli, t *tenantFlag) *cobra.Command {
	var u identity.User
	var p passwordFlags
	var format output
	cmd := &cobra.Command{
		Use:   "create EMAIL",
		Short: "Make a user",
		Long: `Make a user. Without a password the user cannot sign in by one. A password is
asked for with --password, or read from standard input with --password-stdin; it
is no argument, where other users of the machine could read it.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				u.Email = args[0]
			}
			if u.Email == "" && u.Username == "" {
				return usageError{errors.New("a user needs an EMAIL or a --username")}
			}
			password, err := p.read(c)
			if err != nil {
				return err
			}
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				made, err := i.directory().Create(ctx, operator, u, password)
				if err != nil {
					return err
				}
				return format.write(c.out, newUserRow(&made), func(w io.Writer) {
					fmt.Fprintf(w, "User %s is there: %s\n", nameOf(&made), made.PublicID())
				})
			})
		},
	}
	cmd.Flags().StringVar(&u.Profile.Name, "name", "", "full name")
	cmd.Flags().StringVar(&u.Username, "username", "", "what the user may sign in with beside the email")
	cmd.Flags().BoolVar(&u.EmailVerified, "email-verified", false, "the email is known to be the user's")
	p.flags(cmd)
	format.flag(cmd)
	return cmd
}

func nameOf(u *identity.User) string {
	if u.Email != "" {
		return u.Email
	}
	return u.Username
}

func userList(c *cli, t *tenantFlag) *cobra.Command {
	var after string
	var limit int
	var format output
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List users, oldest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			start := uuid.Nil
			if after != "" {
				id, err := tid.Parse(identity.UserPrefix, after)
				if err != nil {
					return usageError{fmt.Errorf("--after must be the id of a user")}
				}
				start = id
			}
			if limit < 1 || limit > 1000 {
				return usageError{fmt.Errorf("--limit must be between 1 and 1000")}
			}
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				found, err := i.Users.List(ctx, start, limit)
				if err != nil {
					return fmt.Errorf("list users: %w", err)
				}
				rows := []userRow{}
				for _, u := range found {
					rows = append(rows, newUserRow(&u))
				}
				return format.write(c.out, rows, func(w io.Writer) { userTable(w, rows, limit) })
			})
		},
	}
	cmd.Flags().StringVar(&after, "after", "", "start after this user id")
	cmd.Flags().IntVar(&limit, "limit", 100, "how many at most")
	format.flag(cmd)
	return cmd
}

func userTable(w io.Writer, rows []userRow, limit int) {
	fmt.Fprintln(w, "ID\tEMAIL\tUSERNAME\tNAME\tSTATE")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.ID, r.Email, r.Username, r.Name, r.State)
	}
	if len(rows) == limit {
		fmt.Fprintf(w, "There may be more: --after %s\n", rows[len(rows)-1].ID)
	}
}

func userShow(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "show USER",
		Short: "Show a user, by id, email or user name",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				u, err := i.user(ctx, args[0])
				if err != nil {
					return err
				}
				row := newUserRow(&u)
				return format.write(c.out, row, func(w io.Writer) { membersTable(w, row) })
			})
		},
	}
	format.flag(cmd)
	return cmd
}

func userSetPassword(c *cli, t *tenantFlag) *cobra.Command {
	p := passwordFlags{ask: true}
	cmd := &cobra.Command{
		Use:   "set-password USER",
		Short: "Give a user a password, and end all sessions",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			password, err := p.read(c)
			if err != nil {
				return err
			}
			return t.change(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) (string, error) {
				return "has a new password", i.directory().SetPassword(ctx, operator, u, password, uuid.Nil)
			})
		},
	}
	cmd.Flags().BoolVar(&p.stdin, "password-stdin", false, "read the password from standard input")
	return cmd
}

// change finds a user, changes it and says what became of it.
func (f *tenantFlag) change(ctx context.Context, c *cli, name string, fn func(context.Context, *installation, identity.User) (string, error)) error {
	return f.work(ctx, c, func(ctx context.Context, i *installation) error {
		u, err := i.user(ctx, name)
		if err != nil {
			return err
		}
		became, err := fn(ctx, i, u)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "User %s %s.\n", nameOf(&u), became)
		return nil
	})
}

func userSwitch(c *cli, t *tenantFlag, verb, short string, disabled bool) *cobra.Command {
	return &cobra.Command{
		Use:   verb + " USER",
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.change(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) (string, error) {
				u.DisabledAt = since(u.DisabledAt, disabled)
				kind := event.UserEnabled
				if disabled {
					kind = event.UserDisabled
				}
				return "is " + state(u.DisabledAt), i.Tx.InTx(ctx, func(ctx context.Context) error {
					if err := i.Users.Update(ctx, u); err != nil {
						return err
					}
					if disabled {
						if err := i.Sessions.EndAll(ctx, u.ID, uuid.Nil); err != nil {
							return err
						}
					}
					return i.record(ctx, kind, u.PublicID())
				})
			})
		},
	}
}

func userSignOut(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "sign-out USER",
		Short: "End all sessions of a user, and tell the applications",
		Long: `End all sessions of a user. What applications were granted from them is revoked,
except offline access; applications with a back-channel logout URI are told.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.change(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) (string, error) {
				return "is signed out everywhere", i.Sessions.EndAll(ctx, u.ID, uuid.Nil)
			})
		},
	}
}

func userDelete(c *cli, t *tenantFlag) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete USER --yes",
		Short: "Delete a user with everything that hangs on it",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !yes {
				return usageError{fmt.Errorf("deleting %s cannot be undone: add --yes, or disable the user", args[0])}
			}
			return t.change(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) (string, error) {
				return "is deleted", i.Tx.InTx(ctx, func(ctx context.Context) error {
					if err := i.Sessions.EndAll(ctx, u.ID, uuid.Nil); err != nil {
						return err
					}
					if err := i.Users.Delete(ctx, u.ID); err != nil {
						return err
					}
					return i.record(ctx, event.UserDeleted, u.PublicID())
				})
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "yes, delete the user")
	return cmd
}

// record appends an event of the operator's to the transaction.
func (i *installation) record(ctx context.Context, kind event.Type, subject string) error {
	return i.Outbox.Append(ctx, event.Event{Type: kind, Outcome: "success", Actor: operator, Subject: subject})
}

// membersTable shows the members of a value as JSON has them, one a line.
func membersTable(w io.Writer, value any) {
	for _, m := range jsonMembers(value) {
		fmt.Fprintf(w, "%s\t%s\n", m.name, strings.Trim(m.value, `"`))
	}
}
