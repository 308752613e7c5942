package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"plinto/identity/bulk"
	"plinto/internal/tid"
	"plinto/tenant"
)

// followEvery is how often job show --follow looks.
const followEvery = time.Second

func jobCommand(c *cli) *cobra.Command {
	var t tenantFlag
	cmd := group("job", "See work that takes long: imports, and deletions of what has very many rows", jobList(c, &t), jobShow(c, &t))
	t.flag(cmd)
	return cmd
}

// A jobRow is how a job is shown.
type jobRow struct {
	ID         string `json:"id"`
	Kind       string `json:"kind"`
	State      string `json:"state"`
	Of         string `json:"of,omitempty"` // what is deleted
	Lines      int64  `json:"lines"`        // of an import; of a deletion, rows
	Refused    int64  `json:"refused,omitempty"`
	CreatedAt  string `json:"created_at"`
	FinishedAt string `json:"finished_at,omitempty"`
}

func newJobRow(j *bulk.Job) jobRow {
	return jobRow{
		ID: j.PublicID(), Kind: j.Kind, State: j.State, Of: j.PublicTarget(), Lines: j.Lines, Refused: j.Refused,
		CreatedAt: stamp(j.CreatedAt), FinishedAt: stamp(j.FinishedAt),
	}
}

func jobTable(w io.Writer, rows ...jobRow) {
	fmt.Fprintln(w, "ID\tKIND\tSTATE\tOF\tLINES\tCREATED\tFINISHED")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", r.ID, r.Kind, r.State, r.Of, r.Lines, r.CreatedAt, r.FinishedAt)
	}
}

// jobID reads the id of a job as it is shown.
func jobID(text string) (uuid.UUID, error) {
	id, err := tid.Parse(bulk.JobPrefix, text)
	if err != nil {
		return id, fmt.Errorf("there is no job %q in the tenant", text)
	}
	return id, nil
}

func jobList(c *cli, t *tenantFlag) *cobra.Command {
	var page paging
	var format output
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List jobs, oldest first; those of tenants are the system tenant's",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			after, err := page.afterID(bulk.JobPrefix, "a job")
			if err != nil {
				return err
			}
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				found, err := i.store.Jobs.List(ctx, page.window(after))
				if err != nil {
					return fmt.Errorf("list jobs: %w", err)
				}
				found = found[:min(len(found), page.limit)]
				rows := []jobRow{}
				for n := range found {
					rows = append(rows, newJobRow(&found[n]))
				}
				return format.write(c.out, rows, func(w io.Writer) {
					jobTable(w, rows...)
					if len(rows) > 0 {
						page.more(w, len(rows), rows[len(rows)-1].ID)
					}
				})
			})
		},
	}
	page.flags(cmd, "job id")
	format.flag(cmd)
	return cmd
}

func jobShow(c *cli, t *tenantFlag) *cobra.Command {
	var follow bool
	var format output
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show how far a job is",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := jobID(args[0])
			if err != nil {
				return err
			}
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				j, err := i.store.Jobs.ByID(ctx, id)
				for err == nil && follow && j.State == bulk.Running {
					fmt.Fprintf(c.err, "%d\n", j.Lines)
					select {
					case <-ctx.Done():
						return ctx.Err()
					case <-time.After(followEvery):
					}
					j, err = i.store.Jobs.ByID(ctx, id)
				}
				if errors.Is(err, bulk.ErrJob) {
					return fmt.Errorf("there is no job %q in the tenant", args[0])
				}
				if err != nil {
					return err
				}
				row := newJobRow(&j)
				return format.write(c.out, row, func(w io.Writer) { jobTable(w, row) })
			})
		},
	}
	cmd.Flags().BoolVar(&follow, "follow", false, "wait until it is over, and say how far it is each second")
	format.flag(cmd)
	return cmd
}

// tellDeletion says that the rows of what was deleted, in the tenant of ctx, go by a job, if they do.
func (c *cli) tellDeletion(ctx context.Context, i *installation, target uuid.UUID) error {
	j, err := i.store.Jobs.Deleting(ctx, target)
	if errors.Is(err, bulk.ErrJob) {
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "It has many rows, which a worker deletes. How far it is: plinto job show %s --follow --tenant %s\n", j.PublicID(), tenant.Must(ctx).Slug)
	return nil
}
