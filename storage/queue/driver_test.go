package queue

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/riverqueue/river/riverdriver"
)

type pinged struct {
	riverdriver.Listener
	times int
	err   error
}

func (p *pinged) Connect(context.Context) error { return p.err }

func (p *pinged) Ping(context.Context) error {
	p.times++
	return p.err
}

func TestListener_asksForASignOfLifeWhenTheLastIsOld(t *testing.T) {
	t.Parallel()
	now := time.Now()
	of := &pinged{}
	l := &listener{Listener: of, now: func() time.Time { return now }}
	if err := l.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 24 { // two minutes of the queue's own interval
		now = now.Add(5 * time.Second)
		if err := l.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if of.times != 6 {
		t.Errorf("it asked %d times in two minutes, want 6", of.times)
	}
	of.err = errors.New("no answer")
	now = now.Add(pingEvery)
	for range 2 { // until there is an answer it asks each time
		if err := l.Ping(t.Context()); !errors.Is(err, of.err) {
			t.Errorf("got %v", err)
		}
	}
}
