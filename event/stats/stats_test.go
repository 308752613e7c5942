package stats

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"plinto/event"
	"plinto/tenant"
)

var day = time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)

func TestRollup_countsByDayOfTheEventInUTC(t *testing.T) {
	t.Parallel()
	late := time.Date(2026, 11, 29, 0, 30, 0, 0, time.FixedZone("", 3600)) // the 28th in UTC
	by := func(f event.Fact, subject, reason, actor string) *event.Event {
		return &event.Event{Fact: f, OccurredAt: late, Subject: subject, Reason: reason, Actor: event.Actor{Type: actor}}
	}
	r := NewRollup()
	for _, e := range []*event.Event{
		by(event.UserCreated{}, "a", "", "user"), by(event.UserCreated{}, "b", "", "operator"), by(event.UserDeleted{}, "b", "", "operator"),
		by(event.SignInSucceeded{AMR: []string{"pwd", "otp"}, ClientID: "web"}, "a", "", "user"),
		by(event.SignInFailed{ClientID: "web"}, "", "unknown_user", "anonymous"),
		by(event.AuthorizationGranted{ClientID: "web", Path: event.PathSession}, "a", "", "user"),
		by(event.AuthorizationGranted{ClientID: "web", Path: event.PathSession}, "c", "", "user"),
		by(event.SessionEnded{Reason: event.SessionExpired}, "a", "", "system"),
		by(event.KeyCreated{}, "k", "", "system"),
	} {
		r.Add(e)
	}
	want := map[Key]int64{
		{day, SignUps, "", ""}: 1, {day, UsersCreated, "", ""}: 2, {day, UsersDeleted, "", ""}: 1,
		{day, SignIns, "web", "pwd+otp"}: 1, {day, SignInFailures, "web", "unknown_user"}: 1,
		{day, Authorizations, "web", "session"}: 2, {day, SessionsEnded, "", "expired"}: 1,
	}
	if diff := cmp.Diff(want, r.Counts); diff != "" {
		t.Error(diff)
	}
	month := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	seen := map[Seen]struct{}{{ActiveDay, day, "a"}: {}, {ActiveDay, day, "c"}: {}, {ActiveMonth, month, "a"}: {}, {ActiveMonth, month, "c"}: {}}
	if diff := cmp.Diff(seen, r.Seen); diff != "" {
		t.Error(diff)
	}
}

func TestReport_hasEveryDayAndTheLargestFirst(t *testing.T) {
	t.Parallel()
	row := func(m Metric, ago int, client, kind string, n int64) Row {
		return Row{Key{day.AddDate(0, 0, -ago), m, client, kind}, n}
	}
	month := Row{Key{time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), ActiveMonth, "", ""}, 7}
	r := NewReport(day.AddDate(0, 0, -2), day, []Row{
		month, row(SignIns, 2, "web", "pwd", 3), row(SignIns, 0, "app", "pwd", 1), row(SignIns, 0, "web", "otp", 9), row(ActiveDay, 0, "", "", 5),
		row(SignInFailures, 0, "", "bad_credentials", 2), row(SignUps, 1, "", "", 4), row(Authorizations, 0, "", "session", 6), row(SignIns, 3, "web", "pwd", 100),
	})
	want := Report{
		First: "2026-11-26", Last: "2026-11-28", ActiveThisMonth: 7,
		Days: []Day{
			{Day: "2026-11-26", SignIns: 3},
			{Day: "2026-11-27", SignUps: 4},
			{Day: "2026-11-28", SignIns: 10, SignInFailures: 2, Authorizations: 6, ActiveUsers: 5},
		},
		Methods: []Share{{"otp", 9}, {"pwd", 4}}, Clients: []Share{{"-", 6}}, Paths: []Share{{"session", 6}}, Failures: []Share{{"bad_credentials", 2}},
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error(diff)
	}
}

// A source has so many batches a tenant, or fails.
type source struct {
	Source
	left   map[tenant.ID]int
	fails  tenant.ID
	counts []tenant.ID
}

func (s *source) Behind(context.Context) (all []*tenant.Tenant, err error) {
	for id := range s.left {
		all = append(all, &tenant.Tenant{ID: id})
	}
	return all, nil
}

func (s *source) Count(ctx context.Context, most int, _ func([]event.Event) *Rollup) (int, error) {
	id := tenant.Must(ctx).ID
	if id == s.fails {
		return 0, errors.New("down")
	}
	s.counts = append(s.counts, id)
	if s.left[id]--; s.left[id] > 0 {
		return most, nil
	}
	return 1, nil
}

func TestCounter_takesTurnsAndPassesOverATenantThatFails(t *testing.T) {
	t.Parallel()
	long, short, broken := tenant.ID(uuid.New()), tenant.ID(uuid.New()), tenant.ID(uuid.New())
	s := &source{left: map[tenant.ID]int{long: 3, short: 1, broken: 1}, fails: broken}
	if err := (&Counter{Source: s}).Run(t.Context()); err == nil {
		t.Error("the tenant that fails is not told of")
	}
	if len(s.counts) != 4 || s.counts[2] != long || s.counts[3] != long {
		t.Errorf("counted %v, want the long one three times, and the short one before its second turn", s.counts)
	}
}
