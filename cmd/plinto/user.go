package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"plinto/identity"
	"plinto/internal/keyset"
	"plinto/internal/tid"
)

func userCommand(c *cli) *cobra.Command {
	var t tenantFlag
	cmd := group("user", "Manage a tenant's users",
		userCreate(c, &t), userList(c, &t), userExport(c, &t), userShow(c, &t), userSetPassword(c, &t), userRequirePassword(c, &t),
		userDisable(c, &t), userEnable(c, &t), userSignOut(c, &t), userConsents(c, &t), userGrants(c, &t), userFactors(c, &t), userDevices(c, &t), userIdentities(c, &t), userEmails(c, &t), userRoles(c, &t), userRecover(c, &t), userDelete(c, &t), userKeep(c, &t))
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
	Password      string `json:"password_state,omitempty"` // identity.User.PasswordState
	DeleteAt      string `json:"delete_at,omitempty"`
	CreatedAt     string `json:"created_at,omitempty"`
	// Unreadable says what of a listed user cannot be read, and is left out; "": nothing.
	Unreadable string `json:"unreadable,omitempty"`
	identity.Profile
}

func newUserRow(u *identity.User) userRow {
	row := userRow{
		ID: u.PublicID(), Email: u.Email, EmailVerified: u.EmailVerified, Username: u.Username, Phone: u.Phone,
		State: state(u.DisabledAt), Password: u.PasswordState, DeleteAt: stamp(u.DeleteAt), CreatedAt: stamp(u.CreatedAt), Profile: u.Profile,
		Unreadable: u.Unreadable,
	}
	if u.Unreadable != "" {
		row.State = "unreadable"
	}
	return row
}

// user finds a user by public id, email or user name.
func (i *installation) user(ctx context.Context, name string) (identity.User, error) {
	id, err := tid.Parse(identity.UserPrefix, name)
	var u identity.User
	if err == nil {
		u, err = i.Users.ByID(ctx, id)
	} else {
		var found identity.Credential
		found, err = i.Users.Credential(ctx, name, nil)
		u = found.User
	}
	if errors.Is(err, identity.ErrUserNotFound) || errors.Is(err, identity.ErrIdentifier) {
		return u, fmt.Errorf("there is no user %q in the tenant", name)
	}
	return u, err
}

// deletable is user, also of one who cannot be read: that is no reason to keep them.
func (i *installation) deletable(ctx context.Context, name string) (identity.User, error) {
	u, err := i.user(ctx, name)
	if !errors.Is(err, identity.ErrUserUnreadable) {
		return u, err
	}
	if id, err := tid.Parse(identity.UserPrefix, name); err == nil {
		return identity.User{ID: id, Username: name}, nil
	}
	found, err := i.Directory.Managed.Find(ctx, identity.UserFilter{Identifier: name}, keyset.Window{Limit: 1})
	if err == nil && len(found) == 0 {
		err = identity.ErrUserNotFound // deleted meanwhile
	}
	if err != nil {
		return u, err
	}
	return found[0], nil
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
				made, err := i.Directory.Create(ctx, operator, u, password)
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
	var page paging
	var format output
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List users, oldest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			start, err := page.afterID(identity.UserPrefix, "a user")
			if err != nil {
				return err
			}
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				found, err := i.Users.List(ctx, start, page.limit)
				if err != nil {
					return fmt.Errorf("list users: %w", err)
				}
				rows := []userRow{}
				for _, u := range found {
					rows = append(rows, newUserRow(&u))
				}
				return format.write(c.out, rows, func(w io.Writer) {
					userTable(w, rows)
					if len(rows) > 0 {
						page.more(w, len(rows), rows[len(rows)-1].ID)
					}
				})
			})
		},
	}
	page.flags(cmd, "user id")
	format.flag(cmd)
	return cmd
}

func userTable(w io.Writer, rows []userRow) {
	fmt.Fprintln(w, "ID\tEMAIL\tUSERNAME\tNAME\tSTATE")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.ID, r.Email, r.Username, r.Name, r.State)
	}
}

func userShow(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "show USER",
		Short: "Show a user, by id, email or user name",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onUser(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) error {
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
		Short: "Give a user a password, and end everything of theirs",
		Long: `Give a user a password. Whoever knew the old one may have signed in by it: every
session ends and everything applications were granted is void, offline access included.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			password, err := p.read(c)
			if err != nil {
				return err
			}
			return t.change(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) (string, error) {
				return "has a new password", i.Directory.SetPassword(ctx, operator, u, password, uuid.Nil)
			})
		},
	}
	cmd.Flags().BoolVar(&p.stdin, "password-stdin", false, "read the password from standard input")
	return cmd
}

func userRequirePassword(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "require-password-change USER",
		Short: "Have a user choose a new password at the next sign-in",
		Long: `Have a user choose a new password before any application gets an answer again: after
the next sign-in, or the next time that an application asks while the user is signed in.
Nothing ends by it. Whoever knows the password can choose the new one: if somebody else
does, use plinto user set-password.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.change(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) (string, error) {
				return "has to choose a new password", i.Directory.RequirePassword(ctx, operator, u.ID)
			})
		},
	}
}

// onUser is work on the user that an argument names.
func (f *tenantFlag) onUser(ctx context.Context, c *cli, name string, fn func(context.Context, *installation, identity.User) error) error {
	return f.work(ctx, c, func(ctx context.Context, i *installation) error {
		u, err := i.user(ctx, name)
		if err != nil {
			return err
		}
		return fn(ctx, i, u)
	})
}

// change finds a user, changes it and says what became of it.
func (f *tenantFlag) change(ctx context.Context, c *cli, name string, fn func(context.Context, *installation, identity.User) (string, error)) error {
	return f.onUser(ctx, c, name, func(ctx context.Context, i *installation, u identity.User) error {
		became, err := fn(ctx, i, u)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "User %s %s.\n", nameOf(&u), became)
		return nil
	})
}

func userDisable(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "disable USER",
		Short: "Keep a user out, and end everything of theirs",
		Long: `Keep a user out. Every session ends and everything applications were granted is
void, offline access included. It stays so when the user is enabled again.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.change(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) (string, error) {
				return "is disabled", i.Directory.Disable(ctx, operator, u.ID)
			})
		},
	}
}

func userEnable(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "enable USER",
		Short: "Let a disabled user in again",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.change(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) (string, error) {
				return "is enabled", i.Directory.Enable(ctx, operator, u.ID)
			})
		},
	}
}

func userSignOut(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "sign-out USER",
		Short: "End everything of a user on all devices, and tell the applications",
		Long: `End everything of a user on all devices: sessions, and everything applications
were granted, offline access included. Applications with a back-channel logout URI
are told. The user may sign in again; so may whoever knows the password:
plinto user set-password does the same and takes the old password away.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.change(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) (string, error) {
				return "is signed out everywhere", i.Directory.SignOut(ctx, operator, u.ID, uuid.Nil)
			})
		},
	}
}

// membersTable shows the members of a value as JSON has them, one a line.
func membersTable(w io.Writer, value any) {
	for _, m := range jsonMembers(value) {
		fmt.Fprintf(w, "%s\t%s\n", m.name, strings.Trim(m.value, `"`))
	}
}
