package queue

import (
	"fmt"

	"plinto/event"
)

// Subscribers are the subscriptions that a process knows, and those of them that it can
// handle itself.
type Subscribers struct {
	declared []event.Subscription
	handlers map[string]event.Subscriber
	tasks    map[string]Task
	works    bool
	meter    *meter
}

// NewSubscribers returns the subscribers of a process. A process that works the queue off
// queues jobs for the subscribers it handles: one that is not configured there (mail, for
// example) is configured nowhere. A process that only writes events queues jobs for all.
func NewSubscribers(declared []event.Subscription, works bool) (*Subscribers, error) {
	seen := map[string]bool{}
	for _, s := range declared {
		if s.Name == "" || seen[s.Name] {
			return nil, fmt.Errorf("subscription %q has no name, or another one's", s.Name)
		}
		if workersOf[laneOf(&s)] == 0 {
			return nil, fmt.Errorf("subscription %s: no lane %q", s.Name, s.Lane)
		}
		seen[s.Name] = true
	}
	return &Subscribers{declared: declared, handlers: map[string]event.Subscriber{}, tasks: map[string]Task{}, works: works, meter: newMeter()}, nil
}

// Handle has s handle the events of its subscription. It panics when that was not declared:
// other processes would not queue for it. It comes before any event is written.
func (s *Subscribers) Handle(by event.Subscriber) {
	name := by.Subscription().Name
	if s.find(name) == nil {
		panic("the subscription " + name + " is not declared")
	}
	s.handlers[name] = by
}

// Wanting returns the subscriptions that want e.
func (s *Subscribers) Wanting(e *event.Event) (wanting []*event.Subscription) {
	for i := range s.declared {
		d := &s.declared[i]
		if s.works && s.handlers[d.Name] == nil {
			continue
		}
		if d.Wants(e) {
			wanting = append(wanting, d)
		}
	}
	return wanting
}

// find returns the subscription of that name, or nil.
func (s *Subscribers) find(name string) *event.Subscription {
	for i := range s.declared {
		if s.declared[i].Name == name {
			return &s.declared[i]
		}
	}
	return nil
}
