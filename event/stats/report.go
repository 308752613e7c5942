package stats

import (
	"cmp"
	"slices"
	"time"
)

// A Report is the statistics of a tenant over some days.
type Report struct {
	First string `json:"first"` // days are "2026-11-28", in UTC
	Last  string `json:"last"`
	Days  []Day  `json:"days"` // every day, in order
	// ActiveThisMonth are the users who were active in the month of Last.
	ActiveThisMonth int64   `json:"active_users_this_month"`
	Methods         []Share `json:"sign_ins_by_method"`
	Clients         []Share `json:"authorizations_by_client"`
	Paths           []Share `json:"authorizations_by_path"`
	Failures        []Share `json:"sign_in_failures_by_reason"`
	Ends            []Share `json:"sessions_ended_by_reason"`
}

// A Day is what happened on one day.
type Day struct {
	Day            string `json:"day"`
	SignUps        int64  `json:"sign_ups"`
	SignIns        int64  `json:"sign_ins"`
	SignInFailures int64  `json:"sign_in_failures"`
	Authorizations int64  `json:"authorizations"`
	ActiveUsers    int64  `json:"active_users"`
}

// A Share is one part of a whole.
type Share struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

// NewReport makes a report of the rows of days from first to last.
func NewReport(first, last time.Time, rows []Row) Report {
	r := Report{First: first.Format(time.DateOnly), Last: last.Format(time.DateOnly)}
	index := map[string]int{}
	for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
		index[day.Format(time.DateOnly)] = len(r.Days)
		r.Days = append(r.Days, Day{Day: day.Format(time.DateOnly)})
	}
	month := time.Date(last.Year(), last.Month(), 1, 0, 0, 0, 0, time.UTC)
	shares := map[*[]Share]map[string]int64{}
	add := func(to *[]Share, name string, n int64) {
		if shares[to] == nil {
			shares[to] = map[string]int64{}
		}
		shares[to][cmp.Or(name, "-")] += n
	}
	for _, row := range rows {
		if row.Metric == ActiveMonth {
			if row.Day.Equal(month) {
				r.ActiveThisMonth += row.Count
			}
			continue
		}
		i, known := index[row.Day.Format(time.DateOnly)]
		if !known {
			continue
		}
		day := &r.Days[i]
		switch row.Metric {
		case SignUps:
			day.SignUps += row.Count
		case SignIns:
			day.SignIns += row.Count
			add(&r.Methods, row.Kind, row.Count)
		case SignInFailures:
			day.SignInFailures += row.Count
			add(&r.Failures, row.Kind, row.Count)
		case Authorizations:
			day.Authorizations += row.Count
			add(&r.Clients, row.Client, row.Count)
			add(&r.Paths, row.Kind, row.Count)
		case SessionsEnded:
			add(&r.Ends, row.Kind, row.Count)
		case ActiveDay:
			day.ActiveUsers += row.Count
		case UsersCreated, UsersDeleted, ActiveMonth: // not of a report, or counted above
		}
	}
	for to, counts := range shares {
		*to = sorted(counts)
	}
	return r
}

// sorted are the largest first.
func sorted(counts map[string]int64) (all []Share) {
	for name, n := range counts {
		all = append(all, Share{name, n})
	}
	slices.SortFunc(all, func(a, b Share) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name)) })
	return all
}
