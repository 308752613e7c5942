package domain_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plinto/event"
	"plinto/internal/admission"
	"plinto/internal/fault"
	"plinto/organization/domain"
	"plinto/storage/storagetest"
)

// A slow DNS does not answer for domains that begin with "slow" until it is told to, and has no records.
type slow struct{ asked, answer chan struct{} }

func newSlow() *slow { return &slow{make(chan struct{}, 100), make(chan struct{})} }

func (s *slow) TXT(ctx context.Context, name string) ([]string, error) {
	if !strings.Contains(name, ".slow") {
		return nil, nil
	}
	s.asked <- struct{}{}
	select {
	case <-s.answer:
		return nil, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// MPR-09: who waits for the DNS of others gives the place of its request back.
func TestVerify_givesThePlaceOfItsRequestBack_MPR_09(t *testing.T) {
	t.Parallel()
	w, dns := newWorld(t), newSlow()
	w.Resolver = dns
	d := w.add(w.organization(), "slow.example")
	gate := admission.New(admission.Options{Places: 1, Wait: 10 * time.Second}, prometheus.NewRegistry())
	ctx, done, err := gate.Enter(w.ctx, "a", "1")
	must(t, err)
	got := make(chan error, 1)
	go func() {
		defer done()
		_, err := w.Try(ctx, d.Organization, d.ID)
		got <- err
	}()
	<-dns.asked
	if _, _, err := gate.Enter(w.ctx, "a", "1"); err != nil {
		t.Errorf("another request, while one waits for the DNS: %v", err)
	}
	close(dns.answer)
	if err := <-got; !errors.Is(err, domain.ErrNoRecord) {
		t.Error(err)
	}
}

// MPR-10: whose domains hang is in the way of nobody else, also in the tenant. Whoever asks for too much is told when to come again, and a
// look that was not made says nothing about the domain.
func TestVerify_takesTurns_MPR_10(t *testing.T) {
	t.Parallel()
	w, dns := newWorld(t), newSlow()
	w.Resolver, w.Turns = dns, domain.NewTurns()
	hangs := w.add(w.organization(), "slow.example")
	waiting, ctx := make(chan error, 50), w.ctx
	for range cap(waiting) {
		go func() {
			_, err := w.Try(ctx, hangs.Organization, hangs.ID)
			waiting <- err
		}()
	}
	if err := <-waiting; !errors.Is(err, domain.ErrBusy) { // the queue is full by then
		t.Fatal(err)
	}
	failed := w.told(event.DomainFailed{})
	_, err := w.Verify(w.ctx, hangs.Organization, hangs.ID)
	if f, ok := fault.As(err); !errors.Is(err, domain.ErrBusy) || !ok || f.RetryAfter <= 0 {
		t.Errorf("one too many: %v", err)
	}
	if n := w.told(event.DomainFailed{}); n != failed {
		t.Errorf("%d looks are told of that were not made", n-failed)
	}
	other := w.add(w.organization(), "quick.example")
	if _, err := w.Verify(w.ctx, other.Organization, other.ID); !errors.Is(err, domain.ErrNoRecord) {
		t.Errorf("another organization: %v", err)
	}
	w.ctx = storagetest.Tenant(t, w.store, "b")
	theirs := w.add(w.organization(), "quick.example")
	if _, err := w.Verify(w.ctx, theirs.Organization, theirs.ID); !errors.Is(err, domain.ErrNoRecord) {
		t.Errorf("another tenant: %v", err)
	}
	close(dns.answer)
	for range cap(waiting) - 1 {
		if err := <-waiting; !errors.Is(err, domain.ErrNoRecord) && !errors.Is(err, domain.ErrBusy) {
			t.Error(err)
		}
	}
}
