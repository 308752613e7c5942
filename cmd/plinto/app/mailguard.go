package app

import (
	"context"
	"errors"
	"net/textproto"

	"plinto/event/mail"
	"plinto/internal/breaker"
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
	return g.breaker.Do(ctx, func(ctx context.Context) error { return g.sender.Send(ctx, m) })
}

// aboutTheMail reports whether the server answered, and refused this mail.
func aboutTheMail(err error) bool {
	var refused *textproto.Error
	return errors.As(err, &refused) || errors.Is(err, mail.ErrAddress)
}
