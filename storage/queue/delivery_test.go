package queue

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"plinto/event"
	"plinto/tenant"
)

// A subscriber counts what it handles.
type subscriber struct {
	event.Subscription
	handled int
}

func (s *subscriber) Handle(context.Context, event.Event) error {
	s.handled++
	return nil
}

type told struct{ *subscriber }

func (t told) Subscription() event.Subscription { return t.subscriber.Subscription }

// A source has one event, unless it fails.
type source struct {
	fact              event.Fact
	noTenant, noEvent error
}

func (s *source) Tenant(context.Context, tenant.ID) (*tenant.Tenant, error) {
	return &tenant.Tenant{}, s.noTenant
}

func (s *source) Event(context.Context, tenant.ID, uuid.UUID) (event.Event, error) {
	return event.Event{Fact: s.fact}, s.noEvent
}

func newDeliveryWorker(t *testing.T, s *source, log *slog.Logger) (*deliveryWorker, *subscriber) {
	t.Helper()
	mail := &subscriber{Subscription: event.Subscription{Name: "mail", Types: []event.Fact{event.UserDisabled{}}}}
	subscribers, err := NewSubscribers([]event.Subscription{mail.Subscription, {Name: "not set up"}}, true)
	if err != nil {
		t.Fatal(err)
	}
	subscribers.Handle(told{mail})
	return &deliveryWorker{source: s, subscribers: subscribers, lanes: newLanes(nil), log: log}, mail
}

func job(to string, age time.Duration) *river.Job[delivery] {
	return &river.Job[delivery]{JobRow: &rivertype.JobRow{CreatedAt: time.Now().Add(-age)}, Args: delivery{Subscriber: to}}
}

func TestDelivery_isHandledByItsSubscriber(t *testing.T) {
	t.Parallel()
	w, mail := newDeliveryWorker(t, &source{fact: event.UserDisabled{}}, slog.New(slog.DiscardHandler))
	for _, to := range []string{"mail", "not set up"} {
		if err := w.Work(t.Context(), job(to, 0)); err != nil || mail.handled != 1 {
			t.Errorf("%s: %v, handled %d times, want once by mail", to, err, mail.handled)
		}
	}
	w.source = &source{fact: event.UserEnabled{}} // another version wanted it
	if err := w.Work(t.Context(), job("mail", 0)); err != nil || mail.handled != 1 {
		t.Errorf("got %v, handled %d times", err, mail.handled)
	}
}

// A newer version may know it; later, nobody does.
func TestDelivery_ofAnUnknownSubscriberWaitsAndIsDropped(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	w, _ := newDeliveryWorker(t, &source{}, slog.New(slog.NewTextHandler(&log, nil)))
	var later *river.JobSnoozeError
	if err := w.Work(t.Context(), job("webhook", time.Minute)); !errors.As(err, &later) || log.Len() != 0 {
		t.Errorf("at first: got %v, log %q, want a later look", err, log.String())
	}
	var cancel *river.JobCancelError
	if err := w.Work(t.Context(), job("webhook", time.Hour)); !errors.As(err, &cancel) {
		t.Errorf("after an hour: got %v, want the job cancelled", err)
	}
	if !strings.Contains(log.String(), "webhook") {
		t.Errorf("the log does not name the subscriber: %q", log.String())
	}
}

func TestDelivery_givesUpOnWhatIsGoneAndRepeatsOtherErrors(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	for name, c := range map[string]struct {
		source
		cancelled bool
	}{
		"deleted tenant":     {source{noTenant: tenant.ErrUnknown}, true},
		"deleted event":      {source{noEvent: ErrGone}, true},
		"unreadable event":   {source{noEvent: event.ErrUnreadable}, true},
		"no database, once":  {source{noTenant: down}, false},
		"no database, later": {source{noEvent: down}, false},
	} {
		w, mail := newDeliveryWorker(t, &c.source, slog.New(slog.DiscardHandler))
		err := w.Work(t.Context(), job("mail", 0))
		var cancel *river.JobCancelError
		if errors.As(err, &cancel) != c.cancelled || errors.Is(err, down) == c.cancelled || mail.handled != 0 {
			t.Errorf("%s: got %v, handled %d times", name, err, mail.handled)
		}
	}
}

func TestSubscribers_queueForThoseThatAreSetUpSomewhere(t *testing.T) {
	t.Parallel()
	declared := []event.Subscription{
		{Name: "a", Types: []event.Fact{event.UserDisabled{}}}, {Name: "b", Types: []event.Fact{event.UserDisabled{}}},
	}
	e := &event.Event{Fact: event.UserDisabled{}}
	for works, want := range map[bool]string{true: "b", false: "a b"} {
		s, err := NewSubscribers(declared, works)
		if err != nil {
			t.Fatal(err)
		}
		s.Handle(told{&subscriber{Subscription: declared[1]}})
		var names []string
		for _, w := range s.Wanting(e) {
			names = append(names, w.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("works the queue %v: queues for %q, want %q", works, got, want)
		}
	}
}

func TestSubscribers_refuseWhatCannotBeQueued(t *testing.T) {
	t.Parallel()
	for name, declared := range map[string][]event.Subscription{
		"no name":         {{}},
		"one name twice":  {{Name: "a"}, {Name: "a"}},
		"an unknown lane": {{Name: "a", Lane: "fast"}},
	} {
		if _, err := NewSubscribers(declared, true); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a subscriber that no other process knows was taken")
		}
	}()
	s, err := NewSubscribers(nil, true)
	if err != nil {
		t.Fatal(err)
	}
	s.Handle(told{&subscriber{Subscription: event.Subscription{Name: "stranger"}}})
}
