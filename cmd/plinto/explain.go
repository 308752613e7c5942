package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"plinto/event/explain"
	"plinto/tenant"
)

func explainCommand(c *cli) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "explain REQUEST-ID",
		Short: "Say what the server decided about a request, why, and what helps",
		Long: `Say what the server decided about a request: the steps of a sign-in with their
reasons, the cause of a refusal and what helps, the events of the request, and the other
requests of the same sign-in. Error pages, problem documents, logs and the Request-Id
header of every answer have the id. The server keeps what it decided for a week.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			i, err := c.open(cmd.Context())
			if err != nil {
				return err
			}
			defer i.close()
			all, err := i.explain(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return format.write(c.out, all, func(w io.Writer) {
				for n := range all {
					writeExplanation(w, &all[n])
				}
			})
		},
	}
	format.flag(cmd)
	return cmd
}

// explain returns one explanation for each trail of the request.
func (i *installation) explain(ctx context.Context, requestID string) (all []explain.Explanation, err error) {
	trails := i.store.Trails
	of, err := trails.Tenant(ctx, requestID)
	if errors.Is(err, explain.ErrUnknown) {
		return nil, errors.New("nothing is known of this request: it was answered without a decision or an error, or more than a week ago, or the id is wrong; of requests to hosts of no tenant something is known where there is the tenant " + tenant.SystemSlug + ", whose operators they are for")
	}
	if err != nil {
		return nil, err
	}
	t, err := i.store.Tenants.ByID(ctx, of)
	if err != nil {
		return nil, fmt.Errorf("find tenant of request: %w", err)
	}
	ctx = tenant.With(ctx, t)
	found, err := trails.ByRequest(ctx, requestID)
	if err != nil {
		return nil, fmt.Errorf("find request: %w", err)
	}
	for n := range found {
		events, err := trails.Events(ctx, requestID, found[n].At)
		if err != nil {
			return nil, fmt.Errorf("find events of request: %w", err)
		}
		related, err := trails.ByFlow(ctx, found[n].Flow)
		if err != nil {
			return nil, fmt.Errorf("find requests of flow: %w", err)
		}
		e := explain.Explain(&found[n], events, related)
		if found[n].Code != tenant.ErrUnknown.Code {
			e.Tenant = t.Slug
		}
		all = append(all, e)
	}
	return all, nil
}

func writeExplanation(w io.Writer, e *explain.Explanation) {
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, value)
		}
	}
	line("request", e.Request+", "+stamp(e.At))
	line("tenant", e.Tenant)
	line("client", e.ClientID)
	line("outcome", e.Outcome)
	line("cause", e.Cause)
	line("what helps", e.Remedy)
	line("logged", e.Technical)
	for _, all := range []struct {
		name  string
		lines []string
	}{{"decided", e.Decisions}, {"recorded", e.Events}, {"same sign-in", e.Flow}} {
		for n, l := range all.lines {
			if n > 0 {
				all.name = ""
			}
			fmt.Fprintf(w, "%s\t%s\n", all.name, l)
		}
	}
}
