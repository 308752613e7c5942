package app

import (
	"context"
	"errors"
	"net/textproto"

	"plinto/event/mail"
	"plinto/internal/breaker"
	"plinto/internal/tracing"
)

// guardMail puts a breaker before a mail server. Jobs that find it open are tried again
// later, as after any failure.
func guardMail(sender mail.Sender, breakers *breaker.Set) mail.Sender {
	if sender == nil {
		return nil
	}
	g := guardedMail{sender, breakers.New(breaker.Options{Name: "smtp", Healthy: aboutTheMail})}
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
}

// Send implements mail.Sender.
func (g guardedMail) Send(ctx context.Context, m mail.Message) error {
	ctx, span := tracing.Start(ctx, "send mail", tracing.Client)
	defer span.End()
	err := g.breaker.Do(ctx, func(ctx context.Context) error { return g.sender.Send(ctx, m) })
	if err != nil {
		span.Fail(classOfMail(err))
	}
	return err
}

// classOfMail says in one word why a mail was not sent: the error quotes the server, which names the recipient.
func classOfMail(err error) string {
	switch {
	case errors.Is(err, breaker.ErrOpen):
		return "breaker_open"
	case aboutTheMail(err):
		return "refused"
	default:
		return "unreachable"
	}
}

// aboutTheMail reports whether the server answered, and refused this mail.
func aboutTheMail(err error) bool {
	var refused *textproto.Error
	return errors.As(err, &refused) || errors.Is(err, mail.ErrAddress)
}
