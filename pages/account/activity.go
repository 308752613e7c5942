package account

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"plinto/event/audit"
	"plinto/internal/agent"
	"plinto/ui"
)

const (
	activityDays = 90
	activityPage = 30
)

// Activity serves GET /account/activity: newest first, those before the time of the query.
func Activity(ctx context.Context, v *visit) error {
	ctx = v.display(ctx)
	filter := audit.Filter{
		Types: ui.Activities(), Subject: v.user.PublicID(), Since: v.Now().AddDate(0, 0, -activityDays), Limit: activityPage + 1,
	}
	if before, err := time.Parse(time.RFC3339Nano, v.r.URL.Query().Get("before")); err == nil {
		filter.Until = before
	}
	records, err := v.Activity.Own(ctx, filter)
	if err != nil {
		return err
	}
	view := ui.AccountActivityView{AccountFrame: v.frame(ui.SectionActivity)}
	if len(records) > activityPage {
		cut := activityPage
		for cut > 1 && records[cut].OccurredAt.Equal(records[cut-1].OccurredAt) {
			cut-- // what happened at one moment is on one page
		}
		records = records[:cut]
		view.Older = url.Values{"before": {records[cut-1].OccurredAt.Format(time.RFC3339Nano)}}.Encode()
	}
	for i := range records {
		view.Entries = append(view.Entries, v.entry(&records[i]))
	}
	return v.render(http.StatusOK, ui.AccountActivity(view))
}

func (v *visit) entry(r *audit.Record) ui.AccountEntry {
	e := ui.AccountEntry{Type: r.Type, Address: r.IP, Place: v.place(r.IP), Happened: r.OccurredAt}
	e.Browser, e.System = agent.Names(r.UserAgent)
	switch {
	case r.ActorType == "operator", r.ActorType == "client":
		e.By = ui.ByOperator
	case r.ActorID == "not-me", r.ActorID == "recovery-link":
		e.By = ui.ByLink
	}
	return e
}
