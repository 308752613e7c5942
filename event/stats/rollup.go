package stats

import (
	"strings"
	"time"

	"plinto/event"
)

// A Metric is something that is counted.
type Metric string

// The metrics. What a kind is depends on the metric; those without a client have "".
const (
	SignUps        Metric = "sign_ups"              // accounts that people made for themselves
	UsersCreated   Metric = "users_created"         // by whomever
	UsersDeleted   Metric = "users_deleted"         //
	SignIns        Metric = "sign_ins"              // proofs, by method and client
	SignInFailures Metric = "sign_in_failures"      // by reason and client
	Authorizations Metric = "authorizations"        // answers to clients, by path and client
	SessionsEnded  Metric = "sessions_ended"        // by reason
	ActiveDay      Metric = "active_users_by_day"   // users who signed in or used an application
	ActiveMonth    Metric = "active_users_by_month" // same; the day is the first of the month
)

// A Key is what one count is of.
type Key struct {
	Day    time.Time // midnight UTC
	Metric Metric
	Client string // client_id, or ""
	Kind   string
}

// A Seen is a user who was active in a period.
type Seen struct {
	Metric Metric // ActiveDay or ActiveMonth
	Start  time.Time
	User   string // public id
}

// A Rollup is what some events add up to.
type Rollup struct {
	Counts map[Key]int64
	Seen   map[Seen]struct{}
}

// NewRollup returns one of no events.
func NewRollup() *Rollup {
	return &Rollup{Counts: map[Key]int64{}, Seen: map[Seen]struct{}{}}
}

// Add counts an event. Most types count for nothing.
func (r *Rollup) Add(e *event.Event) {
	day := e.OccurredAt.UTC().Truncate(24 * time.Hour)
	count := func(m Metric, client, kind string) { r.Counts[Key{day, m, client, kind}]++ }
	switch f := e.Fact.(type) {
	case event.UserCreated:
		count(UsersCreated, "", "")
		if e.Actor.Type == "user" {
			count(SignUps, "", "")
		}
	case event.UserDeleted:
		count(UsersDeleted, "", "")
	case event.SignInSucceeded:
		count(SignIns, f.ClientID, strings.Join(f.AMR, "+"))
		r.active(day, e.Subject)
	case event.SignInFailed:
		count(SignInFailures, f.ClientID, e.Reason)
	case event.AuthorizationGranted:
		count(Authorizations, f.ClientID, f.Path)
		r.active(day, e.Subject)
	case event.SessionEnded:
		count(SessionsEnded, "", string(f.Reason))
	}
}

func (r *Rollup) active(day time.Time, user string) {
	if user == "" {
		return
	}
	month := time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
	r.Seen[Seen{ActiveDay, day, user}] = struct{}{}
	r.Seen[Seen{ActiveMonth, month, user}] = struct{}{}
}
