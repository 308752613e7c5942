package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plinto/event/stats"
	"plinto/internal/displayname"
	"plinto/tenant"
)

// maxStatsDays is how far back a report goes: counts are kept for 25 months.
const maxStatsDays = 760

func statsCommand(c *cli) *cobra.Command {
	var t tenantFlag
	var format output
	days := 14
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "Show sign-ups, sign-ins and active users of a tenant",
		Long: `Show sign-ups, sign-ins, refused sign-ins, answers to applications and active users of
a tenant by day (UTC), and what they were by method, application and reason. Counts are
kept for 25 months, longer than most keep the audit log.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if days < 1 || days > maxStatsDays {
				return usageError{errors.New("--days must be between 1 and 760")}
			}
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				if err := i.countNow(ctx); err != nil {
					return err
				}
				last := time.Now().UTC().Truncate(24 * time.Hour)
				first := last.AddDate(0, 0, 1-days)
				rows, err := i.store.Statistics.Report(ctx, first, last)
				if err != nil {
					return fmt.Errorf("read statistics: %w", err)
				}
				report := stats.NewReport(first, last, rows)
				return format.write(c.out, report, func(w io.Writer) { writeStats(w, &report) })
			})
		},
	}
	cmd.Flags().IntVar(&days, "days", days, "how many days, today included")
	t.flag(cmd)
	format.flag(cmd)
	return cmd
}

// countNow seals and counts what happened in the tenant up to now, as upkeep does every few seconds.
func (i *installation) countNow(ctx context.Context) error {
	a, err := i.auditor()
	if err != nil {
		return err
	}
	if err := a.feed.Sealer.Seal(ctx, tenant.Must(ctx).ID); err != nil {
		return err
	}
	return (&stats.Counter{Source: i.store.Statistics}).CatchUp(ctx)
}

// barWidth is that of the longest bar, in characters.
const barWidth = 30

func writeStats(w io.Writer, r *stats.Report) {
	fmt.Fprintln(w, "DAY\tSIGN-INS\t\tREFUSED\tANSWERS\tACTIVE\tSIGN-UPS")
	most := int64(0)
	for _, d := range r.Days {
		most = max(most, d.SignIns)
	}
	for _, d := range r.Days {
		fmt.Fprintf(w, "%s\t%d\t%s\t%d\t%d\t%d\t%d\n", d.Day, d.SignIns, bar(d.SignIns, most), d.SignInFailures, d.Authorizations, d.ActiveUsers, d.SignUps)
	}
	fmt.Fprintf(w, "\nactive users this month\t%d\n", r.ActiveThisMonth)
	for _, part := range []struct {
		name   string
		shares []stats.Share
	}{
		{"sign-ins by method", r.Methods},
		{"answers by application", r.Clients},
		{"answers by way", r.Paths},
		{"refused by reason", r.Failures},
		{"sessions ended by reason", r.Ends},
	} {
		writeShares(w, part.name, part.shares)
	}
}

// mostShares is how many parts are listed; the others are one line.
const mostShares = 10

func writeShares(w io.Writer, name string, shares []stats.Share) {
	if len(shares) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", name)
	var rest int64
	for i, s := range shares {
		if i >= mostShares {
			rest += s.Count
			continue
		}
		fmt.Fprintf(w, "  %s\t%d\t%s\n", displayname.Line(s.Name, 60), s.Count, bar(s.Count, shares[0].Count))
	}
	if rest > 0 {
		fmt.Fprintf(w, "  others\t%d\n", rest)
	}
}

// bar is as long as n is a part of most, in eighths of a character.
func bar(n, most int64) string {
	if n <= 0 || most <= 0 {
		return ""
	}
	eighths := max(1, n*8*barWidth/most)
	text := strings.Repeat("█", int(eighths/8))
	if left := eighths % 8; left > 0 {
		text += string(rune('█' + 8 - left)) // ▉ is seven eighths, ▏ is one
	}
	return text
}
