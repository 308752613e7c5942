package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"plinto/event/audit"
)

func auditCommand(c *cli) *cobra.Command {
	var t tenantFlag
	cmd := group("audit", "Read a tenant's audit log, and show whether somebody changed it",
		auditList(c, &t), auditShow(c, &t), auditExport(c, &t), auditVerify(c, &t),
		auditKey(c, &t), auditHead(c, &t), auditProve(c, &t), auditConsistency(c, &t))
	t.flag(cmd)
	return cmd
}

// An auditor is the services of the audit log.
type auditor struct {
	reader   *audit.Reader
	verifier *audit.Verifier
	prover   *audit.Prover
	exporter *audit.Exporter
	feed     *audit.Feed
}

// auditor returns the services of the audit log on the installation.
func (i *installation) auditor() (*auditor, error) {
	vault, err := audit.NewVault(i.cfg.Root)
	if err != nil {
		return nil, err
	}
	log := i.store.AuditLog
	sealer := &audit.Sealer{Seals: i.store.AuditSeals, Vault: vault, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	reader := &audit.Reader{Log: log, Rows: log, Vault: vault, Outbox: i.store.Outbox, Tx: i.store.DB}
	return &auditor{
		reader:   reader,
		verifier: &audit.Verifier{Log: log, Scan: log, Sealer: sealer, Vault: vault, Now: time.Now},
		prover:   &audit.Prover{Log: log, Sealer: sealer, Vault: vault},
		exporter: &audit.Exporter{Reader: reader, Sealer: sealer},
		feed:     &audit.Feed{Reader: reader, Sealer: sealer},
	}, nil
}

// audit is work for the services of the audit log of the tenant of the flag.
func (f *tenantFlag) audit(ctx context.Context, c *cli, fn func(context.Context, *auditor) error) error {
	return f.work(ctx, c, func(ctx context.Context, i *installation) error {
		a, err := i.auditor()
		if err != nil {
			return err
		}
		return fn(ctx, a)
	})
}

// A verifyResult is what plinto audit verify found.
type verifyResult struct {
	audit.Report
	Damage string `json:"damage,omitempty"`
}

func auditVerify(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	var head string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Compare every row with what was sealed and signed",
		Long: `Compare every row with what was sealed and signed, and name the first that was edited,
deleted, moved or inserted. The exit status is 0 only if all of them fit.

Who owns the database can put the log back to an earlier state. Keep what plinto audit
head prints somewhere else, and give it with --head: the log has to continue it.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			kept, err := readHead(head)
			if err != nil {
				return err
			}
			return t.audit(cmd.Context(), c, func(ctx context.Context, a *auditor) error {
				report, err := a.verifier.Verify(ctx, kept)
				var damage *audit.Damage
				if err != nil && !errors.As(err, &damage) {
					return err
				}
				result := verifyResult{Report: report}
				if damage != nil {
					result.Damage = damage.Error()
				}
				if damage == nil || format != outputTable {
					if err := format.write(c.out, result, func(w io.Writer) { verifyTable(w, &report) }); err != nil {
						return err
					}
				}
				return err
			})
		},
	}
	format.flag(cmd)
	cmd.Flags().StringVar(&head, "head", "", "file with a signed head that was kept outside")
	return cmd
}

func readHead(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read head: %w", err)
	}
	return string(text), nil
}

func verifyTable(w io.Writer, r *audit.Report) {
	fmt.Fprintf(w, "The log is what was sealed: %d rows, %d signed heads.\n", r.Size, r.Heads)
	if r.Dropped > 0 {
		fmt.Fprintf(w, "Of %d of them retention left only the hashes: rows are there from %d on.\n", r.Dropped, r.First)
	}
	if r.Erased > 0 {
		fmt.Fprintf(w, "Of %d of them the address and the browser were erased with their user.\n", r.Erased)
	}
	fmt.Fprintf(w, "Root: %s\n", r.Root)
}

func auditKey(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "key",
		Short: "Print the public key of the audit log",
		Long:  "Print the public key that signed heads are checked with, for auditcheck and other tools\nthat know C2SP signed notes. Give it to whoever is to check, before there is doubt.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return t.audit(cmd.Context(), c, func(ctx context.Context, a *auditor) error {
				if _, err := a.prover.Head(ctx); err != nil {
					return err
				}
				key, err := a.prover.Key(ctx)
				if err == nil {
					fmt.Fprintln(c.out, key)
				}
				return err
			})
		},
	}
}

func auditHead(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "head",
		Short: "Seal what waits, and print the signed head of the log",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return t.audit(cmd.Context(), c, func(ctx context.Context, a *auditor) error {
				head, err := a.prover.Head(ctx)
				if err == nil {
					fmt.Fprint(c.out, head)
				}
				return err
			})
		},
	}
}

func auditProve(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "prove ROW",
		Short: "Prove that a row is in the log, for auditcheck",
		Long:  "Print a proof that a row is in the log under a signed\nhead. auditcheck checks it without this server.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := auditRowID(args[0])
			if err != nil {
				return err
			}
			return t.audit(cmd.Context(), c, func(ctx context.Context, a *auditor) error {
				proof, err := a.prover.Row(ctx, id)
				if err != nil {
					return err
				}
				return printJSON(c.out, proof)
			})
		},
	}
}

func auditConsistency(c *cli, t *tenantFlag) *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:   "consistency --from SIZE|DATE [--to SIZE|DATE]",
		Short: "Prove that the log of a later day continues that of an earlier one, for auditcheck",
		Long: `Print a proof that one signed head continues another: nothing before it was changed.
A DATE, such as 2026-11-27, means the last head that was signed by the end of that day
(UTC); a SIZE means the first head with so many rows. Without --to: the newest head.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return t.audit(cmd.Context(), c, func(ctx context.Context, a *auditor) error {
				sizes := [2]int64{}
				for i, text := range []string{from, to} {
					size, err := headSize(ctx, a, text)
					if err != nil {
						return err
					}
					sizes[i] = size
				}
				proof, err := a.prover.Consistency(ctx, sizes[0], sizes[1])
				if err != nil {
					return err
				}
				return printJSON(c.out, proof)
			})
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "the earlier head")
	cmd.Flags().StringVar(&to, "to", "", "the later head")
	_ = cmd.MarkFlagRequired("from") // there is such a flag
	return cmd
}

// headSize reads which signed head somebody means.
func headSize(ctx context.Context, a *auditor, text string) (int64, error) {
	if size, err := strconv.ParseInt(text, 10, 64); err == nil && size > 0 {
		return size, nil
	}
	if text == "" {
		return audit.Newest, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0, usageError{fmt.Errorf("%q is neither a size nor a date such as 2026-11-27", text)}
	}
	return a.prover.SizeAt(ctx, day.AddDate(0, 0, 1).Add(-time.Nanosecond))
}

func printJSON(w io.Writer, value any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(value)
}
