package main

import (
	"context"
	"log/slog"

	"github.com/spf13/cobra"

	"plinto/cmd/plinto/app"
)

func workerCommand(c *cli) *cobra.Command {
	return &cobra.Command{
		Use:   "worker",
		Short: "Work off events and upkeep, and serve nobody",
		Long: `Work off what the servers of an installation queue: mails, webhooks, logout
notifications, upkeep. plinto serve does so too, unless it is told --workers=false. Any
number of workers may run, beside servers or instead of theirs. Settings are those of plinto
serve; PLINTO_OPERATIONS_LISTEN has the health and the metrics of a worker. At SIGTERM
running jobs are finished, the others are left to another worker.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := LoadConfig(c.environ, c.dir, "PLINTO_PUBLIC_URL", "PLINTO_DATABASE_URL", "PLINTO_ENCRYPTION_KEY")
			if err != nil {
				return err
			}
			return c.run(cmd.Context(), cfg, true, nil, func(ctx context.Context, a *app.App) error {
				slog.InfoContext(ctx, "working")
				return a.Run(ctx)
			})
		},
	}
}
