package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/admin/api"
	"plinto/event"
	"plinto/event/audit"
	"plinto/event/stats"
	"plinto/internal/fault"
)

// Statistics reads what was counted in the context's tenant.
type Statistics interface {
	Report(ctx context.Context, first, last time.Time) ([]stats.Row, error)
}

// ListAuditLog implements api.StrictServerInterface.
func (h *handlers) ListAuditLog(ctx context.Context, r api.ListAuditLogRequestObject) (api.ListAuditLogResponseObject, error) {
	p := r.Params
	listing := Listing{
		Name: "listAuditLog", Filter: fmt.Sprintf("%q %q %q %q %s %s", p.Type, p.Actor, p.Subject, p.Outcome, p.Since, p.Until), Limit: p.Limit, After: p.After,
	}
	w, err := h.Cursors.Window(ctx, listing)
	if err != nil {
		return nil, err
	}
	filter := audit.Filter{Actor: p.Actor, Subject: p.Subject, Outcome: string(p.Outcome), Since: p.Since, Until: p.Until, Before: w.After, Limit: w.Limit + 1}
	if p.Type != "" {
		filter.Types = strings.Split(p.Type, ",")
	}
	found, err := h.Services.Audit.List(ctx, filter)
	if err != nil {
		return nil, err
	}
	more := len(found) > w.Limit
	found = found[:min(len(found), w.Limit)]
	out := api.ListAuditLog200JSONResponse{Object: "list", HasMore: more}
	if out.Data, err = records(found); err != nil {
		return nil, err
	}
	if more {
		out.NextCursor = h.Cursors.Page(ctx, listing, w, found[0].ID, found[len(found)-1].ID, more).Next
	}
	if p.Count {
		n, err := h.Services.Audit.Count(ctx, filter)
		if err != nil {
			return nil, err
		}
		out.TotalCount = &n
	}
	return out, nil
}

// records are rows of the log as their JSON says.
func records(all []audit.Record) ([]api.AuditRow, error) {
	out := make([]api.AuditRow, 0, len(all))
	for i := range all {
		row, err := auditRow(&all[i])
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, nil
}

// auditRow shows data that somebody altered as none: the contract says that they are an object.
func auditRow(r *audit.Record) (row api.AuditRow, err error) {
	if err = recode(r, &row); err != nil {
		return nil, err
	}
	if _, ok := row["data"].(map[string]any); !ok {
		row["data"], row["unreadable"] = map[string]any{}, "data"
	}
	return row, nil
}

// GetAuditRow implements api.StrictServerInterface.
func (h *handlers) GetAuditRow(ctx context.Context, r api.GetAuditRowRequestObject) (api.GetAuditRowResponseObject, error) {
	id, err := uuid.Parse(r.RowID)
	if err != nil {
		return nil, audit.ErrNoRow
	}
	found, err := h.Services.Audit.Show(ctx, id)
	if err != nil {
		return nil, err
	}
	row, err := auditRow(&found)
	if err != nil {
		return nil, err
	}
	return api.GetAuditRow200JSONResponse(row), nil
}

// ListEvents implements api.StrictServerInterface.
func (h *handlers) ListEvents(ctx context.Context, r api.ListEventsRequestObject) (api.ListEventsResponseObject, error) {
	after, limit := int64(-1), r.Params.Limit
	if r.Params.After != nil {
		after = *r.Params.After
	}
	if limit == 0 {
		limit = defaultLimit
	}
	page, err := h.Services.Feed.Next(ctx, after, limit, 0)
	if err != nil {
		return nil, err
	}
	// Who reads on is recorded once for each page with addresses, but for pages of nothing but such
	// records: they would make each other up for ever.
	shown := page
	shown.Events = slices.DeleteFunc(slices.Clone(page.Events), func(r audit.Record) bool { return r.Type == string(event.AuditRead{}.Type()) })
	if _, err := h.Services.Feed.Shown(ctx, &shown); err != nil {
		return nil, err
	}
	out := api.ListEvents200JSONResponse{Object: "list", Next: page.Next, HasMore: page.More, Gaps: each(page.Gaps, func(g *audit.Gap) api.EventGap { return api.EventGap(*g) })}
	out.Data, err = records(page.Events)
	return out, err
}

// maxDays bounds a report.
const maxDays = 760

// GetStatistics implements api.StrictServerInterface.
func (h *handlers) GetStatistics(ctx context.Context, r api.GetStatisticsRequestObject) (api.GetStatisticsResponseObject, error) {
	last := r.Params.To.Time
	if last.IsZero() {
		last = h.Now().UTC().Truncate(24 * time.Hour)
	}
	first := r.Params.From.Time
	if first.IsZero() {
		first = last.AddDate(0, 0, -29)
	}
	if first.After(last) || last.Sub(first) > maxDays*24*time.Hour {
		return nil, ErrParameters.At(fault.Field{Parameter: "from", Message: fmt.Sprintf("must be at most %d days before to", maxDays)})
	}
	rows, err := h.Services.Statistics.Report(ctx, first, last)
	if err != nil {
		return nil, err
	}
	out := api.Statistics{}
	if err := recode(stats.NewReport(first, last, rows), &out); err != nil {
		return nil, err
	}
	out["object"] = "statistics"
	return api.GetStatistics200JSONResponse(out), nil
}
