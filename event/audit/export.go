package audit

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/tenant"
)

// Formats of exports.
const (
	JSONLines = "jsonl" // one Record a line
	CSV       = "csv"   // with a line of names; safe to open in a spreadsheet
)

// ErrFormat reports a format that there is not.
var ErrFormat = fault.New(fault.Invalid, "export_format_unknown", "The format of an export is jsonl or csv.")

// A Selection is which rows to export, by the time at which they happened. Zero times choose
// all.
type Selection struct {
	Since time.Time
	Until time.Time // exclusive
}

// A transactor runs fn in one transaction.
type transactor interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
}

// An Exporter copies the log of the context's tenant to files.
type Exporter struct {
	Reader *Reader
	Sealer *Sealer
}

// Export writes what was sealed when it began, in the order of leaves, and holds one page of
// it in memory. What happens meanwhile is not in it. It records the export before the first
// row leaves. It returns how many rows it wrote. ErrFormat.
func (e *Exporter) Export(ctx context.Context, to io.Writer, format string, s Selection) (rows int64, err error) {
	w, err := newWriter(to, format)
	if err != nil {
		return 0, err
	}
	if err := e.Sealer.Seal(ctx, tenant.Must(ctx).ID); err != nil {
		return 0, err
	}
	state, err := e.Reader.Log.State(ctx)
	if err != nil {
		return 0, err
	}
	if err := e.record(ctx, format, state.Size, s); err != nil {
		return 0, err
	}
	for from := int64(0); from < state.Size; from += MaxPage {
		records, err := e.Reader.records(ctx, from, min(from+MaxPage, state.Size))
		if err != nil {
			return rows, err
		}
		for i := range records {
			if at := records[i].OccurredAt; at.Before(s.Since) || !s.Until.IsZero() && !at.Before(s.Until) {
				continue
			}
			if records[i].Unreadable != "" { // a file that lacks something would be taken for whole
				return rows, fmt.Errorf("the %s of audit row %s cannot be read", records[i].Unreadable, records[i].ID)
			}
			if err := w.write(&records[i]); err != nil {
				return rows, fmt.Errorf("write export: %w", err)
			}
			rows++
		}
	}
	if err := w.flush(); err != nil {
		return rows, fmt.Errorf("write export: %w", err)
	}
	return rows, nil
}

func (e *Exporter) record(ctx context.Context, format string, size int64, s Selection) error {
	fact := event.AuditExported{Format: format, Rows: int(size), Since: stamp(s.Since), Until: stamp(s.Until)}
	return record(ctx, e.Reader.Tx, e.Reader.Outbox, fact)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// A writer writes records in one format.
type writer interface {
	write(*Record) error
	flush() error
}

func newWriter(to io.Writer, format string) (writer, error) {
	switch format {
	case JSONLines:
		encoder := json.NewEncoder(to)
		encoder.SetEscapeHTML(false)
		return jsonWriter{encoder}, nil
	case CSV:
		w := csvWriter{csv.NewWriter(to)}
		return w, w.Write(columns)
	default:
		return nil, ErrFormat
	}
}

type jsonWriter struct{ *json.Encoder }

func (w jsonWriter) write(r *Record) error { return w.Encode(r) }
func (jsonWriter) flush() error            { return nil }

type csvWriter struct{ *csv.Writer }

// columns are the names of CSV.
var columns = []string{
	"seq", "id", "type", "occurred_at", "actor_type", "actor_id", "subject", "outcome", "reason", "request_id", "data", "ip", "user_agent", "first_ip", "erased",
}

func (w csvWriter) write(r *Record) error {
	cells := []string{
		strconv.FormatInt(*r.Seq, 10), r.ID.String(), r.Type, r.OccurredAt.Format(time.RFC3339Nano), r.ActorType, r.ActorID, r.Subject,
		r.Outcome, r.Reason, r.RequestID, string(r.Data), r.IP, r.UserAgent, r.FirstIP, strconv.FormatBool(r.Erased),
	}
	for i := range cells {
		cells[i] = harmless(cells[i])
	}
	return w.Write(cells)
}

func (w csvWriter) flush() error {
	w.Flush()
	return w.Error()
}

// formulas are what the text of a cell starts with that a spreadsheet would run: visitors
// choose what their browser is called. The last four are the wide forms that some accept.
var formulas = []string{"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"}

// harmless makes a cell that a spreadsheet shows as text.
func harmless(cell string) string {
	if slices.ContainsFunc(formulas, func(f string) bool { return strings.HasPrefix(cell, f) }) {
		return "'" + cell
	}
	return cell
}
