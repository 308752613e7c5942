package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"plinto/event/webhook"
	"plinto/internal/secret"
	"plinto/internal/tid"
	"plinto/tenant"
)

func webhookCommand(c *cli) *cobra.Command {
	var t tenantFlag
	cmd := group("webhook", "Manage a tenant's webhooks: addresses that its events are sent to",
		webhookCreate(c, &t), webhookList(c, &t), webhookShow(c, &t), webhookUpdate(c, &t), webhookRotate(c, &t), webhookEnable(c, &t),
		webhookDisable(c, &t), webhookDelete(c, &t), webhookTest(c, &t), webhookDeliveries(c, &t), webhookDelivery(c, &t), webhookReplay(c, &t),
		webhookTypes(c))
	t.flag(cmd)
	return cmd
}

// A webhookRow is how an endpoint is shown.
type webhookRow struct {
	ID           string   `json:"id"`
	URL          string   `json:"url"`
	Description  string   `json:"description,omitempty"`
	Events       []string `json:"events"`
	Payload      string   `json:"payload"`
	State        string   `json:"state"`
	Reason       string   `json:"reason,omitempty"` // of being disabled
	Failures     int      `json:"failures"`         // attempts since the last success
	FailingSince string   `json:"failing_since,omitempty"`
	PublicKeys   []string `json:"public_keys,omitempty"` // the newest first
	ManagedBy    string   `json:"managed_by,omitempty"`  // the manifest that declares it
	CreatedAt    string   `json:"created_at,omitempty"`
}

func (i *installation) webhookRow(ctx context.Context, e *webhook.Endpoint) (webhookRow, error) {
	row := webhookRow{
		ID: e.PublicID(), URL: e.URL, Description: e.Description, Events: e.Events, Payload: e.Payload, State: state(e.DisabledAt),
		Reason: e.DisabledReason, Failures: e.Health.Failures, FailingSince: stamp(e.Health.FailingSince), ManagedBy: e.ManagedBy, CreatedAt: stamp(e.CreatedAt),
	}
	keys, err := i.Webhooks.PublicKeys(ctx, e)
	row.PublicKeys = keys
	return row, err
}

// endpointID reads the id of an endpoint as it is shown.
func endpointID(text string) (uuid.UUID, error) {
	id, err := tid.Parse(webhook.EndpointPrefix, text)
	if err != nil {
		return id, fmt.Errorf("there is no webhook endpoint %q in the tenant", text)
	}
	return id, nil
}

// absentEndpoint names the endpoint that is not there.
func absentEndpoint(err error, id string) error {
	if errors.Is(err, webhook.ErrNotFound) {
		return fmt.Errorf("there is no webhook endpoint %q in the tenant", id)
	}
	return err
}

// onEndpoint runs fn with the id of an endpoint.
func (f *tenantFlag) onEndpoint(ctx context.Context, c *cli, id string, fn func(context.Context, *installation, uuid.UUID) error) error {
	return f.work(ctx, c, func(ctx context.Context, i *installation) error {
		parsed, err := endpointID(id)
		if err != nil {
			return err
		}
		return absentEndpoint(fn(ctx, i, parsed), id)
	})
}

// specFlags are the flags of what people decide of an endpoint.
type specFlags struct{ webhook.Spec }

func (f *specFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&f.Events, "events", nil, "types of events, such as user.created, user.* or *; see plinto webhook types")
	cmd.Flags().StringVar(&f.Description, "description", "", "what it is for")
	cmd.Flags().StringVar(&f.Payload, "payload", "full", "full, or thin: only what happened to whom")
}

// A secretFlag reads a secret that a receiver has already from standard input.
type secretFlag bool

func (f *secretFlag) flag(cmd *cobra.Command) {
	cmd.Flags().BoolVar((*bool)(f), "secret-stdin", false, "read the secret (whsec_…) from standard input instead of making one")
}

func (f secretFlag) read(c *cli) (secret.String, error) {
	if !f {
		return secret.String{}, nil
	}
	text, err := io.ReadAll(io.LimitReader(c.in, 1024))
	if err != nil {
		return secret.String{}, fmt.Errorf("read secret: %w", err)
	}
	return secret.NewString(strings.TrimSpace(string(text))), nil
}

// A webhookSecret is what create and rotate-secret show once.
type webhookSecret struct {
	ID        string `json:"id"`
	Secret    string `json:"secret"`
	PublicKey string `json:"public_key"`
}

func (s *webhookSecret) text(w io.Writer) {
	fmt.Fprintf(w, "The secret is shown now and never again.\n\nWEBHOOK_SECRET=%s\nWEBHOOK_PUBLIC_KEY=%s\n", s.Secret, s.PublicKey)
}

func webhookCreate(c *cli, t *tenantFlag) *cobra.Command {
	var f specFlags
	var from secretFlag
	var format output
	cmd := &cobra.Command{
		Use:   "create URL --events TYPE,…",
		Short: "Have events sent to an address; its secret is shown once",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(f.Events) == 0 {
				return usageError{errors.New("say which events: --events user.created,session.* or '*' for all")}
			}
			f.URL = args[0]
			given, err := from.read(c)
			if err != nil {
				return err
			}
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				e, secrets, err := i.Webhooks.Create(ctx, f.Spec, given)
				if err != nil {
					return explainSpec(err)
				}
				shown := webhookSecret{ID: e.PublicID(), Secret: secrets.Text().Reveal(), PublicKey: secrets.PublicKey()}
				return format.write(c.out, shown, func(w io.Writer) {
					fmt.Fprintf(w, "Webhook endpoint %s is there.\n", e.PublicID())
					shown.text(w)
					fmt.Fprintf(w, "\nTo see whether it works: plinto webhook test %s --tenant %s\n", e.PublicID(), tenant.Must(ctx).Slug)
				})
			})
		},
	}
	f.flags(cmd)
	from.flag(cmd)
	format.flag(cmd)
	return cmd
}

func webhookList(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List endpoints, oldest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				all, err := i.Webhooks.List(ctx)
				if err != nil {
					return fmt.Errorf("list webhook endpoints: %w", err)
				}
				rows := []webhookRow{}
				for n := range all {
					row, err := i.webhookRow(ctx, &all[n])
					if err != nil {
						return err
					}
					rows = append(rows, row)
				}
				return format.write(c.out, rows, func(w io.Writer) {
					fmt.Fprintln(w, "ID\tURL\tEVENTS\tSTATE\tFAILING SINCE")
					for _, r := range rows {
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.ID, r.URL, strings.Join(r.Events, " "), strings.TrimSpace(r.State+" "+r.Reason), r.FailingSince)
					}
				})
			})
		},
	}
	format.flag(cmd)
	return cmd
}

func webhookShow(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show an endpoint, without its secret",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onEndpoint(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, id uuid.UUID) error {
				e, err := i.Webhooks.ByID(ctx, id)
				if err != nil {
					return err
				}
				row, err := i.webhookRow(ctx, &e)
				if err != nil {
					return err
				}
				return format.write(c.out, row, func(w io.Writer) { membersTable(w, row) })
			})
		},
	}
	format.flag(cmd)
	return cmd
}

func webhookUpdate(c *cli, t *tenantFlag) *cobra.Command {
	var f specFlags
	cmd := &cobra.Command{
		Use:   "update ID",
		Short: "Change an endpoint; only what is given changes",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onEndpoint(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, id uuid.UUID) error {
				_, err := i.Webhooks.Update(ctx, id, func(s *webhook.Spec) {
					for name, set := range map[string]func(){
						"url": func() { s.URL = f.URL }, "events": func() { s.Events = f.Events },
						"description": func() { s.Description = f.Description }, "payload": func() { s.Payload = f.Payload },
					} {
						if cmd.Flags().Changed(name) {
							set()
						}
					}
				})
				if err != nil {
					return explainSpec(err)
				}
				fmt.Fprintf(c.out, "Webhook endpoint %s is updated.\n", args[0])
				return nil
			})
		},
	}
	f.flags(cmd)
	cmd.Flags().StringVar(&f.URL, "url", "", "another address")
	return cmd
}

func webhookRotate(c *cli, t *tenantFlag) *cobra.Command {
	var overlap time.Duration
	var from secretFlag
	var format output
	cmd := &cobra.Command{
		Use:   "rotate-secret ID",
		Short: "Give an endpoint a new secret and key; the secret is shown once",
		Long: `Give an endpoint a new secret and key. Until the overlap is over what is sent has
the signatures of both, so that a receiver can change to the new one meanwhile. After
a leak there should be none: --overlap 0.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			given, err := from.read(c)
			if err != nil {
				return err
			}
			return t.onEndpoint(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, id uuid.UUID) error {
				secrets, err := i.Webhooks.Rotate(ctx, id, overlap, given)
				if err != nil {
					return explainSpec(err)
				}
				shown := webhookSecret{ID: args[0], Secret: secrets.Text().Reveal(), PublicKey: secrets.PublicKey()}
				return format.write(c.out, shown, shown.text)
			})
		},
	}
	cmd.Flags().DurationVar(&overlap, "overlap", 24*time.Hour, "how long the previous secret signs too, at most 168h")
	from.flag(cmd)
	format.flag(cmd)
	return cmd
}

// webhookSwitch is a command that changes an endpoint and says what it is then.
func webhookSwitch(c *cli, t *tenantFlag, use, short, became string, do func(context.Context, *installation, uuid.UUID) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onEndpoint(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, id uuid.UUID) error {
				if err := do(ctx, i, id); err != nil {
					return err
				}
				fmt.Fprintf(c.out, "Webhook endpoint %s is %s.\n", args[0], became)
				return nil
			})
		},
	}
}

func webhookEnable(c *cli, t *tenantFlag) *cobra.Command {
	return webhookSwitch(c, t, "enable ID", "Send events to an endpoint again, what waits first", "enabled",
		func(ctx context.Context, i *installation, id uuid.UUID) error { return i.Webhooks.Enable(ctx, id) })
}

func webhookDisable(c *cli, t *tenantFlag) *cobra.Command {
	return webhookSwitch(c, t, "disable ID", "Send nothing to an endpoint; what happens meanwhile is not sent later", "disabled",
		func(ctx context.Context, i *installation, id uuid.UUID) error {
			return i.Webhooks.Disable(ctx, id, webhook.ByOperator)
		})
}

func webhookDelete(c *cli, t *tenantFlag) *cobra.Command {
	var yes bool
	cmd := webhookSwitch(c, t, "delete ID --yes", "Delete an endpoint with its deliveries", "deleted",
		func(ctx context.Context, i *installation, id uuid.UUID) error {
			if !yes {
				return usageError{errors.New("deleting an endpoint cannot be undone: add --yes, or disable it")}
			}
			return i.Webhooks.Delete(ctx, id)
		})
	cmd.Flags().BoolVar(&yes, "yes", false, "yes, delete the endpoint")
	return cmd
}

func webhookTypes(c *cli) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "types",
		Short: "List the types of events that can be sent",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return format.write(c.out, webhook.Types(), func(w io.Writer) {
				for _, t := range webhook.Types() {
					fmt.Fprintln(w, t)
				}
			})
		},
	}
	format.flag(cmd)
	return cmd
}
