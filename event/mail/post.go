package mail

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plinto/event"
	"plinto/tenant"
)

// post writes a letter of a tenant about an event, and sends it. suffix tells apart those of one event that have several readers.
func (v *view) post(ctx context.Context, sender Sender, t *tenant.Tenant, e *event.Event, to, suffix string) error {
	m, err := v.message(ctx, t, e, to, suffix)
	if err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	return send(ctx, sender, m)
}

// message is the letter that post sends.
func (v *view) message(ctx context.Context, t *tenant.Tenant, e *event.Event, to, suffix string) (Message, error) {
	m, err := v.write(ctx)
	m.ID, m.To, m.Date = e.ID.String()+suffix, to, time.Now()
	m.From, m.ReplyTo = t.Settings.Mail.From, t.Settings.Mail.ReplyTo
	return m, err
}

// send hands a letter over. One that can never be sent is dropped; everything else is tried again by the queue.
func send(ctx context.Context, sender Sender, m Message) error {
	if err := sender.Send(ctx, m); err != nil && !errors.Is(err, ErrAddress) {
		return fmt.Errorf("send mail: %w", err)
	}
	return nil
}
