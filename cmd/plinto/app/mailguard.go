package app

import (
	"context"
	"errors"
	"net/textproto"

	"github.com/prometheus/client_golang/prometheus"

	"plinto/event/mail"
	"plinto/internal/breaker"
	"plinto/internal/operations"
	"plinto/internal/tracing"
)

// guardMail puts a breaker before a mail server. Jobs that find it open are tried again
// later, as after any failure.
func guardMail(sender mail.Sender, ops *operations.Operations) mail.Sender {
	if sender == nil {
		return nil
	}
	sent := counter(ops.Registry, "plinto_mails_total", "Mails by outcome: `sent`, `refused` (this mail, by the server), `failed` (the server did not answer), `resting` (it is left alone for now). All but the first are tried again.", "outcome")
	for _, outcome := range []string{"sent", "refused", "failed", "resting"} {
		sent.WithLabelValues(outcome)
	}
	g := guardedMail{sender, ops.Breakers.New(breaker.Options{Name: "smtp", Healthy: aboutTheMail}), sent}
	if r, ok := sender.(mail.Reacher); ok {
		return struct {
			guardedMail
			mail.Reacher
		}{g, r}
	}
	return g
}

type guardedMail struct {
	sender  mail.Sender
	breaker *breaker.Breaker
	sent    *prometheus.CounterVec
}

// Send implements mail.Sender.
func (g guardedMail) Send(ctx context.Context, m mail.Message) error {
	ctx, span := tracing.Start(ctx, "send mail", tracing.Client)
	defer span.End()
	err := g.breaker.Do(ctx, func(ctx context.Context) error { return g.sender.Send(ctx, m) })
	outcome := mailOutcome(err)
	g.sent.WithLabelValues(outcome).Inc()
	if err != nil {
		span.Fail(outcome)
	}
	return err
}

// mailOutcome says in one word what became of a mail: the error quotes the server, which names the recipient.
func mailOutcome(err error) string {
	switch {
	case err == nil:
		return "sent"
	case errors.Is(err, breaker.ErrOpen):
		return "resting"
	case aboutTheMail(err):
		return "refused"
	}
	return "failed"
}

// aboutTheMail reports whether the server answered, and refused this mail.
func aboutTheMail(err error) bool {
	var refused *textproto.Error
	return errors.As(err, &refused) || errors.Is(err, mail.ErrAddress)
}
