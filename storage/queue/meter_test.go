package queue

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

func TestMeter_countsJobsByWhatBecameOfThem(t *testing.T) {
	t.Parallel()
	m := newMeter()
	for _, job := range []struct {
		attempt int
		err     error
		outcome string
	}{
		{1, nil, "done"},
		{1, errors.New("not now"), "failed"},
		{5, errors.New("not now"), "given_up"},
		{1, river.JobSnooze(time.Second), "put_off"},
		{5, river.JobSnooze(time.Second), "put_off"},
		{1, river.JobCancel(errors.New("never")), "given_up"},
	} {
		before := testutil.ToFloat64(m.jobs.WithLabelValues("logout", job.outcome))
		err := m.Work(t.Context(), &rivertype.JobRow{Queue: "logout", Attempt: job.attempt, MaxAttempts: 5}, func(context.Context) error { return job.err })
		if !errors.Is(err, job.err) {
			t.Errorf("it changes %v to %v", job.err, err)
		}
		if n := testutil.ToFloat64(m.jobs.WithLabelValues("logout", job.outcome)) - before; n != 1 {
			t.Errorf("%v at attempt %d is no %s", job.err, job.attempt, job.outcome)
		}
	}
	func() {
		defer func() { _ = recover() }()
		_ = m.Work(t.Context(), &rivertype.JobRow{Queue: "task", Attempt: 1, MaxAttempts: 5}, func(context.Context) error { panic("x") })
	}()
	if n := testutil.ToFloat64(m.jobs.WithLabelValues("task", "failed")); n != 1 {
		t.Errorf("a job that panicked was counted %v times", n)
	}
}
