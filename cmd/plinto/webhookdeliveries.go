package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"plinto/event/webhook"
	"plinto/internal/fault"
	"plinto/internal/tid"
)

// A deliveryRow is how a delivery is shown.
type deliveryRow struct {
	ID         string       `json:"id"`
	EndpointID string       `json:"endpoint_id"`
	EventID    string       `json:"event_id"` // webhook-id
	Type       string       `json:"type"`
	State      string       `json:"state"`
	Reason     string       `json:"reason,omitempty"`
	Replay     int          `json:"replay,omitempty"`
	Attempts   int          `json:"attempts"`
	OccurredAt string       `json:"occurred_at"`
	DueAt      string       `json:"due_at,omitempty"`
	FinishedAt string       `json:"finished_at,omitempty"`
	Log        []attemptRow `json:"log,omitempty"`
}

// An attemptRow is how an attempt is shown.
type attemptRow struct {
	At        string `json:"at"`
	Status    int    `json:"status,omitempty"`
	Error     string `json:"error,omitempty"`
	LatencyMS int64  `json:"latency_ms"`
	Answer    string `json:"answer,omitempty"`
	Cut       bool   `json:"cut,omitempty"`
}

func newDeliveryRow(d *webhook.Delivery, attempts []webhook.Attempt) deliveryRow {
	row := deliveryRow{
		ID: d.PublicID(), EndpointID: tid.Format(webhook.EndpointPrefix, d.EndpointID), EventID: webhook.EventID(d.EventID), Type: string(d.Type),
		State: string(d.State), Reason: d.Reason, Replay: d.Replay, Attempts: d.Attempts, OccurredAt: stamp(d.OccurredAt), FinishedAt: stamp(d.FinishedAt),
	}
	if d.State == webhook.Pending {
		row.DueAt = stamp(d.DueAt)
	}
	for _, a := range attempts {
		row.Log = append(row.Log, attemptRow{stamp(a.At), a.Status, a.Error, a.Latency.Milliseconds(), a.Answer, a.Cut})
	}
	return row
}

// deliveryID reads the id of a delivery as it is shown.
func deliveryID(text string) (uuid.UUID, error) {
	id, err := tid.Parse(webhook.DeliveryPrefix, text)
	if err != nil {
		return id, fmt.Errorf("there is no delivery %q in the tenant", text)
	}
	return id, nil
}

func webhookTest(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "test ID",
		Short: "Send an event to an endpoint to see whether it works",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onEndpoint(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, id uuid.UUID) error {
				e, err := i.Webhooks.Test(ctx, id)
				if err != nil {
					return err
				}
				fmt.Fprintf(c.out, "The servers send %s now. What becomes of it: plinto webhook deliveries %s\n", webhook.EventID(e), args[0])
				return nil
			})
		},
	}
}

func webhookDeliveries(c *cli, t *tenantFlag) *cobra.Command {
	var page paging
	var wanted string
	var format output
	cmd := &cobra.Command{
		Use:   "deliveries ID",
		Short: "List what was sent to an endpoint, newest first",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			before, err := page.afterID(webhook.DeliveryPrefix, "a delivery")
			if err != nil {
				return err
			}
			return t.onEndpoint(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, id uuid.UUID) error {
				if _, err := i.Webhooks.ByID(ctx, id); err != nil {
					return err
				}
				found, err := i.Webhooks.Deliveries.List(ctx, id, before, webhook.State(wanted), page.limit)
				if err != nil {
					return fmt.Errorf("list deliveries: %w", err)
				}
				rows := []deliveryRow{}
				for n := range found {
					rows = append(rows, newDeliveryRow(&found[n], nil))
				}
				return format.write(c.out, rows, func(w io.Writer) {
					fmt.Fprintln(w, "ID\tTYPE\tOCCURRED\tSTATE\tATTEMPTS\tREASON")
					for _, r := range rows {
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\n", r.ID, r.Type, r.OccurredAt, r.State, r.Attempts, r.Reason)
					}
					if len(rows) > 0 {
						page.more(w, len(rows), rows[len(rows)-1].ID)
					}
				})
			})
		},
	}
	page.flags(cmd, "delivery id")
	cmd.Flags().StringVar(&wanted, "state", "", "only those that are pending, delivered, failed or dropped")
	format.flag(cmd)
	return cmd
}

func webhookDelivery(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "delivery DELIVERY",
		Short: "Show a delivery with its attempts and what the endpoint answered",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				id, err := deliveryID(args[0])
				if err != nil {
					return err
				}
				d, attempts, err := i.Webhooks.Deliveries.ByID(ctx, id)
				if err != nil {
					return err
				}
				row := newDeliveryRow(&d, attempts)
				return format.write(c.out, row, func(w io.Writer) {
					shown := row
					shown.Log = nil
					membersTable(w, shown)
					for n, a := range row.Log {
						fmt.Fprintf(w, "attempt %d\t%s\t%s\t%d ms\n", n+1, a.At, a.outcome(), a.LatencyMS)
						if a.Answer != "" {
							fmt.Fprintf(w, "\t%q\n", a.Answer) // quoted: it may hold what a terminal obeys
						}
					}
				})
			})
		},
	}
	format.flag(cmd)
	return cmd
}

// outcome words what came of an attempt.
func (a *attemptRow) outcome() string {
	if a.Status != 0 {
		return fmt.Sprintf("status %d", a.Status)
	}
	return a.Error
}

// replayFlags say what is sent again.
type replayFlags struct {
	delivery     string
	from, to     string
	failed, fail bool
}

func (f *replayFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.delivery, "delivery", "", "one delivery")
	cmd.Flags().StringVar(&f.from, "from", "", "what happened since then, such as 2026-01-31T15:00:00Z")
	cmd.Flags().StringVar(&f.to, "to", "", "what happened before then; now unless given")
	cmd.Flags().BoolVar(&f.failed, "failed", false, "of a range of time, only what was given up")
	cmd.Flags().BoolVar(&f.fail, "since-it-broke", false, "what was given up since the endpoint began to fail, the last time that it did")
}

// check wants one way to say what.
func (f *replayFlags) check() error {
	ways := 0
	for _, given := range []bool{f.delivery != "", f.from != "", f.fail} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return usageError{errors.New("say what to send again: --delivery, --from (and --to), or --since-it-broke")}
	}
	return nil
}

// selection reads the flags.
func (f *replayFlags) selection(e *webhook.Endpoint) (s webhook.Selection, err error) {
	switch {
	case f.delivery != "":
		s.Delivery, err = deliveryID(f.delivery)
		return s, err
	case f.fail:
		return e.SinceFailing()
	}
	s.OnlyFailed = f.failed
	for flag, at := range map[string]*time.Time{f.from: &s.From, f.to: &s.To} {
		if flag == "" {
			continue
		}
		if *at, err = time.Parse(time.RFC3339, flag); err != nil {
			return s, usageError{fmt.Errorf("%q is no time such as 2026-01-31T15:00:00Z", flag)}
		}
	}
	return s, nil
}

func webhookReplay(c *cli, t *tenantFlag) *cobra.Command {
	var f replayFlags
	var format output
	cmd := &cobra.Command{
		Use:   "replay ID",
		Short: "Send events to an endpoint again, ten a second",
		Long: `Send events to an endpoint again: those of one delivery, of a range of time, or what
was given up since the endpoint began to fail. They have the webhook-id they had, so
that a receiver knows what it has. Events about users who were deleted are not sent.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return t.onEndpoint(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, id uuid.UUID) error {
				e, err := i.Webhooks.ByID(ctx, id)
				if err != nil {
					return err
				}
				what, err := f.selection(&e)
				if err != nil {
					return err
				}
				done, err := i.Webhooks.Replay(ctx, id, what)
				if err != nil {
					return err
				}
				shown := map[string]any{"queued": done.Queued, "erased": done.Erased, "gone": done.Gone, "more": done.More}
				return format.write(c.out, shown, func(w io.Writer) {
					fmt.Fprintf(w, "%d events are sent again.\n", done.Queued)
					if done.Erased+done.Gone > 0 {
						fmt.Fprintf(w, "%d are not: their user was deleted. %d are not: they are not kept any more.\n", done.Erased, done.Gone)
					}
					if done.More {
						fmt.Fprintln(w, "There are more: repeat it with --from when these are through.")
					}
				})
			})
		},
	}
	f.flags(cmd)
	format.flag(cmd)
	return cmd
}

// explainSpec names the member of an endpoint that is wrong.
func explainSpec(err error) error {
	f, is := fault.As(err)
	if is && len(f.Fields) > 0 {
		return &worded{f.Fields[0].Pointer + " " + f.Fields[0].Message, err}
	}
	return err
}
