package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"plinto/event/audit"
)

// A when is a flag value: a date, a time or how long ago.
type when struct {
	time.Time
	text string
}

// String implements pflag.Value.
func (w *when) String() string { return w.text }

// Type implements pflag.Value.
func (w *when) Type() string { return "time" }

// Set implements pflag.Value.
func (w *when) Set(text string) error {
	w.text = text
	if ago, err := time.ParseDuration(text); err == nil && ago > 0 {
		w.Time = time.Now().Add(-ago)
		return nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			w.Time = at
			return nil
		}
	}
	return errors.New("must be a date (2026-11-27), a time (2026-11-27T08:00:00Z) or how long ago (24h)")
}

func auditList(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	var f audit.Filter
	var since, until when
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List rows, newest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.Limit < 1 || f.Limit > audit.MaxPage {
				return usageError{fmt.Errorf("--limit must be between 1 and %d", audit.MaxPage)}
			}
			f.Since, f.Until = since.Time, until.Time
			return t.audit(cmd.Context(), c, func(ctx context.Context, a *auditor) error {
				records, err := a.reader.List(ctx, f)
				if err != nil {
					return err
				}
				return format.write(c.out, records, func(w io.Writer) { recordTable(w, records) })
			})
		},
	}
	format.flag(cmd)
	flags := cmd.Flags()
	flags.StringSliceVar(&f.Types, "type", nil, "only these types, such as authentication.failed")
	flags.StringVar(&f.Subject, "subject", "", "only what happened to this user, client, key …")
	flags.StringVar(&f.Actor, "actor", "", "only what this one did: an id, or user, client, operator, system, anonymous")
	flags.StringVar(&f.Outcome, "outcome", "", "only success or failure")
	flags.Var(&since, "since", "from this date or time on, or how long ago")
	flags.Var(&until, "until", "before this date or time")
	flags.IntVar(&f.Limit, "limit", 100, "how many at most")
	return cmd
}

func recordTable(w io.Writer, records []audit.Record) {
	fmt.Fprintln(w, "TIME\tTYPE\tACTOR\tSUBJECT\tOUTCOME\tADDRESS\tID")
	for i := range records {
		r := &records[i]
		actor := r.ActorType
		if r.ActorID != "" {
			actor = r.ActorID
		}
		outcome := r.Outcome
		if r.Reason != "" {
			outcome = r.Reason
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", stamp(r.OccurredAt), r.Type, actor, r.Subject, outcome, address(r), r.ID)
	}
}

func address(r *audit.Record) string {
	if r.Erased {
		return "(erased)"
	}
	return r.IP
}

// auditRowID reads the id of a row of the audit log.
func auditRowID(text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return id, usageError{fmt.Errorf("%q is no id of a row", text)}
	}
	return id, nil
}

func auditShow(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "show ROW",
		Short: "Show one row",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := auditRowID(args[0])
			if err != nil {
				return err
			}
			return t.audit(cmd.Context(), c, func(ctx context.Context, a *auditor) error {
				r, err := a.reader.Show(ctx, id)
				if err != nil {
					return err
				}
				return format.write(c.out, r, func(w io.Writer) { recordLines(w, &r) })
			})
		},
	}
	format.flag(cmd)
	return cmd
}

func recordLines(w io.Writer, r *audit.Record) {
	seq := "not sealed yet"
	if r.Seq != nil {
		seq = fmt.Sprint(*r.Seq)
	}
	for _, line := range [][2]string{
		{"id", r.ID.String()},
		{"place", seq},
		{"type", r.Type},
		{"time", r.OccurredAt.Format(time.RFC3339Nano)},
		{"actor", strings.TrimSpace(r.ActorType + " " + r.ActorID)},
		{"subject", r.Subject},
		{"outcome", r.Outcome},
		{"reason", r.Reason},
		{"address", address(r)},
		{"browser", r.UserAgent},
		{"first address", r.FirstIP},
		{"request", r.RequestID},
		{"data", string(r.Data)},
	} {
		if line[1] != "" {
			fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
		}
	}
}

func auditExport(c *cli, t *tenantFlag) *cobra.Command {
	var format, to string
	var since, until when
	var replace bool
	cmd := &cobra.Command{
		Use:   "export --to FILE|URL",
		Short: "Copy the log to a file or a blob store, as JSON Lines or CSV",
		Long: `Copy what is sealed, oldest first, with addresses and browsers in clear. The export is
recorded in the log. An export that fails leaves nothing; one to "-" goes to the terminal.

An URL is file:///folder/name or, when plinto was built with the tag s3,
s3://bucket/name?region=…; stores that are like S3 have endpoint=https://… and
use_path_style=true in it. Credentials come from AWS_ACCESS_KEY_ID and its kin. What is there
is not overwritten: a file is with --force, an object never.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return t.audit(cmd.Context(), c, func(ctx context.Context, a *auditor) error {
				file, err := c.create(ctx, to, replace)
				if err != nil {
					return err
				}
				rows, err := a.exporter.Export(ctx, file, format, audit.Selection{Since: since.Time, Until: until.Time})
				if err != nil {
					return errors.Join(err, file.abandon())
				}
				if err := file.commit(); err != nil {
					return fmt.Errorf("write export: %w", err)
				}
				c.note(fmt.Sprintf("%d rows exported to %s.", rows, destinationName(to)))
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&format, "format", audit.JSONLines, "jsonl or csv")
	cmd.Flags().StringVar(&to, "to", "-", "file or URL to write")
	forceFile(cmd, &replace)
	cmd.Flags().Var(&since, "since", "from this date or time on, or how long ago")
	cmd.Flags().Var(&until, "until", "before this date or time")
	return cmd
}

func eventsCommand(c *cli) *cobra.Command {
	var t tenantFlag
	var after int64
	var limit int
	var follow bool
	cmd := &cobra.Command{
		Use:   "events [--after N] [--follow]",
		Short: "Print a tenant's events in order, one JSON object a line",
		Long: `Print the events after a cursor, in the order in which they were sealed: each once, and
none is added before one that was printed. The seq of the last line is the cursor to go on
with. Where retention dropped events, a line {"gap":{"from":…,"to":…}} says which.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return t.audit(cmd.Context(), c, func(ctx context.Context, a *auditor) error {
				return printEvents(ctx, c.out, a.feed, after, limit, follow)
			})
		},
	}
	t.flag(cmd)
	cmd.Flags().Int64Var(&after, "after", -1, "seq of the last event that you have")
	cmd.Flags().IntVar(&limit, "limit", 0, "how many at most; 0: all")
	cmd.Flags().BoolVar(&follow, "follow", false, "wait for more")
	return cmd
}

// followWait is how long one look of --follow waits for events.
const followWait = time.Minute

func printEvents(ctx context.Context, w io.Writer, feed *audit.Feed, after int64, limit int, follow bool) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	wait := time.Duration(0)
	if follow {
		wait = followWait
	}
	recorded := false
	for printed := 0; ; {
		most := audit.MaxPage
		if limit > 0 {
			most = min(most, limit-printed)
		}
		page, err := feed.Next(ctx, after, most, wait)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // asked to stop
		}
		if err == nil && !recorded {
			recorded, err = feed.Shown(ctx, &page)
		}
		if err != nil {
			return err
		}
		for _, gap := range page.Gaps {
			if err := e.Encode(map[string]audit.Gap{"gap": gap}); err != nil {
				return err
			}
		}
		for i := range page.Events {
			if err := e.Encode(&page.Events[i]); err != nil {
				return err
			}
		}
		after, printed = page.Next, printed+len(page.Events)
		if !follow && !page.More || limit > 0 && printed >= limit {
			return nil
		}
	}
}
